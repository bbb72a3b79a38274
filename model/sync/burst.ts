/**
 * Messages of changes that arrived one behind the other while something else was being done. They are joined and committed at
 * once, as one message would be, and each is answered for itself. So a replica that is slower than its peer needs fewer
 * commits. Only what has been waiting at the peer ever waits for a message that has not arrived.
 */
import type { Ack, Changes, Message } from '../wire/index.ts'
import type { Received } from './inbox.ts'
import { idOf } from './incoming.ts'
import type { Scheduler } from './scheduler.ts'

/** A message that waits for its turn. */
export interface Arrived<M extends Message = Message> {
  readonly message: M
  /** On the clock that only ever goes forward, ms. */
  readonly at: number
  /** Length of its text. */
  readonly chars: number
}

const MAX_RECORDS = 500
const MAX_CHARS = 1_000_000
/**
 * What has been waiting at the peer waits here once more for those that are on their way behind it: they are committed together, and
 * a storage that has to put its indexes in order does it once. What people do now waits for nothing.
 */
const GATHER_MS = 5
/** So many behind the first are enough: the peer goes on sending only when some of those under way are acknowledged. */
const GATHERED = 2

export interface Gathering {
  /** Another message waits. */
  arrived(): void
  /**
   * Resolves when enough messages wait to be taken together with this one, or have had the time to come, or something else waits
   * behind them; at once if nothing has been waiting behind it at the peer. Also when the line is down meanwhile.
   */
  behind(message: Changes): Promise<void>
}

/** @param waiting the messages that wait, as they are at any time */
export function openGathering(
  waiting: readonly Arrived[],
  { after }: Pick<Scheduler, 'after'>,
  gatherMs = GATHER_MS,
): Gathering {
  const isEnough = () => waiting.length >= GATHERED || waiting.some(({ message }) => !isFollowed(message))
  let onArrival: (() => void) | undefined
  return {
    arrived: () => onArrival?.(),
    behind(message) {
      return new Promise((resolve) => {
        if (gatherMs === 0 || !isFollowed(message) || isEnough()) return resolve()
        const cancel = after(gatherMs, resolve)
        onArrival = () => {
          if (!isEnough()) return
          cancel()
          resolve()
        }
      })
    },
  }
}

/** Changes behind which more have been waiting at the peer. */
function isFollowed(message: Message): boolean {
  return message.type === 'changes' && message.remaining > 0
}

/**
 * Takes those off the messages that wait which can be joined together with the first: the next ones, as long as they are changes
 * of the same scope. A record that comes again begins another burst, since its second state may build on the first.
 */
export function takeBurst(first: Arrived<Changes>, waiting: Arrived[]): readonly Arrived<Changes>[] {
  const burst = [first]
  const ids = new Set(first.message.records.flatMap((raw) => idOf(raw) ?? []))
  let { chars } = first
  let records = first.message.records.length
  for (let [next] = waiting; next; [next] = waiting) {
    const { message } = next
    if (message.type !== 'changes' || message.scope !== first.message.scope) break
    const more = message.records.flatMap((raw) => idOf(raw) ?? [])
    chars += next.chars
    records += message.records.length
    if (chars > MAX_CHARS || records > MAX_RECORDS || more.some((id) => ids.has(id))) break
    for (const id of more) ids.add(id)
    burst.push({ ...next, message })
    waiting.shift()
  }
  return burst
}

/** All of a burst in one message. */
export function mergedChanges(burst: readonly Arrived<Changes>[]): Changes {
  const messages = burst.map(({ message }) => message)
  const last = messages.at(-1)
  if (!last) throw new Error('a burst has a message')
  return messages.length === 1 ? last : { ...last, records: messages.flatMap(({ records }) => records) }
}

export type Outcome = Pick<Received, 'refused' | 'needs' | 'absent'>
export type Answer = Pick<Ack, 'seq'> & Outcome & { readonly at: number }

/** What to answer to each of the messages, of what became of all of them. */
export function answersTo(burst: readonly Arrived<Changes>[], outcome: Outcome): readonly Answer[] {
  const { refused, needs, absent } = outcome
  // What is absent was refused.
  if (refused.length === 0 && needs.length === 0) {
    return burst.map(({ message: { seq }, at }) => ({ seq, at, ...outcome }))
  }
  const placeOf = new Map<string, number>()
  for (const [place, { message }] of burst.entries()) {
    for (const raw of message.records) placeOf.set(idOf(raw) ?? '', place)
  }
  // One that cannot be read may have no id of its own: it is told with the last.
  const isOf = (place: number) => (id: string) => (placeOf.get(id) ?? burst.length - 1) === place
  return burst.map(({ message: { seq }, at }, place) => ({
    seq,
    at,
    refused: refused.filter(({ id }) => isOf(place)(id)),
    needs: needs.filter(isOf(place)),
    absent: absent.filter(isOf(place)),
  }))
}
