/** `GET /queue/pending`, `PUT /queue/retry/:id`, `DELETE /sync/queue/:id` (`wedsync-api.md` §1.8). */
import { MAX_QUEUE_PAGE } from '../../model/rest/queue.ts'
import { mayWrite } from '../../model/roles.ts'
import type { Origin } from '../audit/trail.ts'
import type { Caller, ServerContext } from './context.ts'
import {
  type DeadLetter,
  deadLetters,
  offerToPeer,
  type RefusedRecord,
  refusedByPeers,
  removeLetter,
  retryLetter,
  takeOffList,
} from './deadLetters.ts'
import { type DraftLetter, draftLetters, makeAgain, putAway } from './draftLetters.ts'
import { forbidden, HttpError, missing } from './errors.ts'
import type { PeopleOf } from './people.ts'
import { DEFAULT_PROCESSING_MS, outgoingQueue } from './queue.ts'
import { weddingsFor } from './reading.ts'
import type { Handlers } from './router.ts'

type Names = 'queue' | 'retryQueued' | 'removeQueued'

const WEEK_MS = 7 * 86_400_000

export function queueHandlers(context: ServerContext, people: PeopleOf, now: () => number): Pick<Handlers, Names> {
  async function queueFor(caller: Caller) {
    const nowMs = now()
    const { averageProcessingMs } = await context.books.sessions.totals({ team: caller.team, sinceMs: nowMs - WEEK_MS })
    const itemMs = averageProcessingMs ?? DEFAULT_PROCESSING_MS
    return outgoingQueue(context, { caller, people: await people(caller.team), itemMs, nowMs })
  }

  async function letterOf(caller: Caller, id: string): Promise<DeadLetter | undefined> {
    return (await deadLetters(context.stores, await scopesOf(caller))).find(({ letterId }) => letterId === id)
  }

  async function refusedOf(caller: Caller, id: string): Promise<RefusedRecord | undefined> {
    return (await refusedByPeers(context.stores, await scopesOf(caller))).find(({ letterId }) => letterId === id)
  }

  async function draftOf(caller: Caller, id: string): Promise<DraftLetter | undefined> {
    return (await draftLetters(context.stores, await scopesOf(caller))).find(({ letterId }) => letterId === id)
  }

  async function again(draft: DraftLetter, caller: Caller): Promise<void> {
    const made = await makeAgain(context, draft, caller)
    if (made.ok) return
    throw forbidden(`${made.error}. Who may write it finds it in the hub's queue, and lets it in there`)
  }

  async function scopesOf(caller: Caller): Promise<readonly string[]> {
    return [caller.team, ...(await weddingsFor(context, caller))]
  }

  function onRecord(
    action: 'retry' | 'remove',
    { id, scope }: Pick<DeadLetter, 'id' | 'scope'>,
    caller: Caller,
    origin: Origin,
    work: () => Promise<void>,
  ): Promise<void> {
    const subject = { event: 'queue', resource: scope, caller, origin, details: { action, recordId: id } } as const
    return context.trail.run(subject, work, () => [{ phase: 'done' }])
  }

  return {
    async queue({ caller }) {
      const { items, waiting, failed } = await queueFor(caller)
      return {
        success: true,
        totalItems: waiting + failed,
        failedItems: failed,
        items: items.slice(0, MAX_QUEUE_PAGE),
        timestamp: new Date(now()).toISOString(),
      }
    },

    async retryQueued({ caller, params: { id }, origin }) {
      const letter = await letterOf(caller, id)
      const refused = letter ? undefined : await refusedOf(caller, id)
      const draft = letter || refused ? undefined : await draftOf(caller, id)
      if (letter) await onRecord('retry', letter, caller, origin, () => retryLetter(context.stores, letter, caller))
      else if (refused) await onRecord('retry', refused, caller, origin, () => offerToPeer(context.stores, refused))
      else if (draft) await onRecord('retry', draft, caller, origin, () => again(draft, caller))
      else if (await isWaiting(caller, id)) context.outgoing?.poke()
      else throw missing('Nothing in the queue has this id')
      return { success: true, id, status: 'retrying' }
    },

    async removeQueued({ caller, params: { id }, origin }) {
      const letter = await letterOf(caller, id)
      const refused = letter ? undefined : await refusedOf(caller, id)
      const draft = letter || refused ? undefined : await draftOf(caller, id)
      if (draft) {
        // What is on this device alone, its own people wrote.
        await onRecord('remove', draft, caller, origin, () => putAway(context.stores, draft))
        return { success: true, id, removed: true }
      }
      const failed = letter ?? refused
      if (failed) {
        if (!mayWrite(caller.grant.role, 'weddings', [])) throw forbidden('This role may not remove what others wrote')
        const { stores } = context
        await onRecord('remove', failed, caller, origin, async () => {
          if (letter) await removeLetter(stores, letter, caller, now())
          if (refused) await takeOffList(stores, refused, caller, now())
        })
        return { success: true, id, removed: true }
      }
      if (!(await isWaiting(caller, id))) throw missing('Nothing in the queue has this id')
      const message = 'This is still to be sent, and others wait for it: only what has failed for good can be removed'
      throw new HttpError(409, 'STILL_WAITING', message)
    },
  }

  async function isWaiting(caller: Caller, id: string): Promise<boolean> {
    return (await queueFor(caller)).items.some((item) => item.id === id)
  }
}
