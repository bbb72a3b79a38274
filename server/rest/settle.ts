/** Carries out decisions on entries of the queue, all of them in one commit. */
import { applyEdits, isWrittenBy } from '../../model/conflicts/apply.ts'
import { type Decision, type DecisionError, decide } from '../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { currentEntry } from '../../model/conflicts/queue.ts'
import { stampTime } from '../../model/merge/clock.ts'
import type { Author } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { View } from '../../model/sync/rules.ts'
import type { Beginning } from '../audit/trail.ts'
import type { Caller, ServerContext } from './context.ts'
import { updateOnRecord } from './onRecord.ts'
import { readablePart } from './reading.ts'
import { decideSealed } from './sealedDecision.ts'
import { sightOf } from './sight.ts'
import type { SealedWrite } from './sync/sealedWrite.ts'
import { sizeFault } from './sync/size.ts'

export type SettleError =
  | DecisionError
  /** Nothing waits any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unwritable'; readonly reason: string }
  /** It is sealed under an actor that is not the caller's. */
  | { readonly kind: 'foreign-actor' }

export interface Task {
  readonly entry: QueueEntry
  readonly decision: Decision
  readonly comment?: string | undefined
  /** Where values are sealed: what the decision writes. */
  readonly sealed?: SealedWrite | undefined
}

/** The records of a task afterwards. */
export type Settled = Result<readonly CausalRecord[], SettleError>

/** Where a comment on a decision is kept: beside the records, on this server. */
export function commentKey(conflictId: string, at: string): string {
  return `decision/${conflictId}/${at}`
}

/**
 * @param beginning of the operation in the audit
 * @returns what became of each task, in their order; one that cannot be done does not stop the others
 */
export async function settle(
  context: ServerContext,
  caller: Caller,
  tasks: readonly Task[],
  beginning: Beginning,
): Promise<readonly Settled[]> {
  await beginning.beforeWriting()
  // Where every task brings its own author, nobody is to be announced as the author of anything else.
  const nextAuthor = tasks.every(({ sealed }) => sealed) ? undefined : await context.authors(caller)
  const outcomes: Settled[] = tasks.map(() => err({ kind: 'gone' }))
  const authored = new Map<number, Task & { readonly author: Author }>()
  for (const [index, task] of tasks.entries()) {
    const author = task.sealed ? await sealersAuthor(context, caller, task.sealed) : nextAuthor?.()
    if (author) authored.set(index, { ...task, author })
    else outcomes[index] = err({ kind: 'foreign-actor' })
  }
  const { view } = await sightOf(context, caller)
  const ids = new Set([...authored.values()].flatMap(({ entry }) => idsOf(entry)))
  await updateOnRecord(context.stores, beginning, [...ids].sort(), (current) => {
    const records = new Map(current)
    for (const [index, task] of authored) {
      // The store may ask again after it has committed this, and then only for what somebody else changed meanwhile.
      const open = idsOf(task.entry).flatMap((id) => records.get(id) ?? [])
      const undecided = open.filter((record) => !isWrittenBy(record, task.author))
      if (undecided.length === 0) continue
      const outcome = settleIn(undecided, view, task)
      if (outcome.ok) for (const record of outcome.value) records.set(record.id, record)
      outcomes[index] = joined(outcomes[index], outcome)
    }
    return [...records.values()].filter((record) => record !== current.get(record.id)).map((record) => ({ record }))
  })
  for (const [index, { entry, comment, author }] of authored) {
    if (comment === undefined || !outcomes[index]?.ok) continue
    await beginning.onDisk()
    await context.stores.state.set(commentKey(entry.conflictId, stampTime(author.stamp)), { comment })
  }
  return outcomes
}

/** `undefined` if what is sealed is by somebody else. */
async function sealersAuthor(
  { sealing }: ServerContext,
  caller: Caller,
  { author }: SealedWrite,
): Promise<Author | undefined> {
  return (await sealing?.claimActor(caller, author.actor, false)) ? author : undefined
}

function idsOf({ parts }: QueueEntry): readonly string[] {
  return [...new Set(parts.map(({ record }) => record.id))]
}

/** What was committed before stays done. */
function joined(before: Settled | undefined, now: Settled): Settled {
  return before?.ok && now.ok ? ok([...before.value, ...now.value]) : now
}

function settleIn(
  records: readonly CausalRecord[],
  view: View,
  { entry, decision, author, sealed }: Task & { readonly author: Author },
): Settled {
  // What a person cannot see they cannot decide.
  const readable = records.map((record) => readablePart(record, view)).filter((part) => part !== undefined)
  const now = currentEntry(entry, readable)
  if (!now) return err({ kind: 'gone' })
  const after = sealed ? decideSealed(records, now, decision, sealed) : decideOpen(records, now, decision, author)
  if (!after.ok) return after
  const reason = after.value.map(sizeFault).find((fault) => fault !== undefined)
  return reason === undefined ? after : err({ kind: 'unwritable', reason })
}

function decideOpen(records: readonly CausalRecord[], entry: QueueEntry, decision: Decision, author: Author): Settled {
  const edits = decide(entry, decision, author)
  return edits.ok ? ok(records.map((before) => applyEdits(before, edits.value))) : edits
}
