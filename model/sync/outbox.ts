/**
 * The sending half of a session: drains the change log of every scope that the peer takes part in. What people do now goes
 * before what has been waiting, and of the rest the most important part first (`priority.ts`), chosen anew for every
 * batch. Only so much is unacknowledged as the line carries in half a second (`line.ts`), so a slow peer costs a bounded
 * amount of memory, and what it cannot take stays in the log until it can.
 */
import type { Vectors } from '../merge/delta.ts'
import { type Ack, type Changes, changesText, MAX_CHANGES } from '../wire/index.ts'
import type { Border } from './border.ts'
import type { ChangeStore } from './changeStore.ts'
import type { Cursor } from './cursors.ts'
import { type HeldVectors, joinHeld } from './heldVectors.ts'
import type { PeerKnowledge } from './inbox.ts'
import type { Line } from './line.ts'
import type { LogReader } from './logReader.ts'
import { type Encoded, encodeFor, type Outgoing } from './outgoing.ts'
import { type Priority, TIERS } from './priority.ts'
import { type Gap, Remainder } from './remainder.ts'
import type { PeerRules } from './rules.ts'
import { UnderWay } from './underWay.ts'

/** So many changes at once are still what people do, however slow the line is. The same for all, who then share a page. */
const LIVE_RECORDS = 50
/**
 * What people do while what they did before is on its way goes together with whatever follows, until that is acknowledged (as the
 * algorithm of Nagle does, RFC 896) or so many ms have passed: a burst of edits, of which only the last states travel, takes as
 * many messages as the peer can take, and a single edit never waits.
 */
const FOLD_MS = 250
/** Records of which we know what the peer has told us in this session. */
const MAX_TOLD = 256
/** Records that may wait to be sent again, of all scopes. What is beyond is found by the next comparison of digests. */
const MAX_AGAIN = 10_000

export interface OutboxOptions {
  readonly changes: ChangeStore
  readonly log: LogReader
  readonly rules: PeerRules
  readonly border?: Border | undefined
  /** What the peer has seen at which place of our log; absent if it can make nothing of deltas. */
  readonly heldVectors?: HeldVectors | undefined
  readonly peerEpoch: string
  /** What the peer said that it holds of our log. */
  readonly resume: ReadonlyMap<string, number>
  /** What it acknowledged. */
  readonly sent: Cursor
  readonly priority: Priority
  readonly line: Line
  /** @param text a message of changes */
  readonly send: (text: string, records: number) => void
  /** On the clock by which the line counts, ms. */
  readonly elapsed: () => number
  /** Has `pump` called after so many ms, or earlier if there is an earlier wish for the same scope. */
  readonly wake: (scope: string, ms: number) => void
  /** Whether a record is one of those that we do not take of the peer. */
  readonly isRefused?: (scope: string, id: string) => boolean
  /** Records that we do not take of the peer have changed here, and are not for it to read. */
  readonly onHidden?: (scope: string, ids: readonly string[]) => void
  /** Our log from `from` to `upTo` has nothing for the peer. */
  readonly onPassedOver?: (scope: string, from: number, upTo: number) => void
}

export interface Outbox extends PeerKnowledge {
  /** Sends what there is to send until enough is under way. Calls may overlap; they are folded into one run. */
  pump(): Promise<void>
  /** The scope has changed. @returns whether there is reason to pump: not while what was sent just before waits for its answer */
  touch(scope: string): boolean
  /** @returns the ids of the records in all batches that the ack covers, save those that the peer needs whole */
  acknowledge(ack: Ack): readonly string[]
  /** Sends these records again, whole and whoever they came from, before what is waiting in their scope. */
  sendAgain(scope: string, ids: Iterable<string>): void
  /** Sends the scope again from its first change. */
  rewind(scope: string): void
  /** Nothing of this scope is unsent or unacknowledged. */
  isQuiet(scope: string): boolean
  waiting(scope: string): Promise<number>
}

/** Something that may be sent next. */
type Part = { readonly scope: string; readonly remainder: Remainder } & (
  | { readonly kind: 'live' }
  | { readonly kind: 'again' }
  | { readonly kind: 'gap'; readonly gap: Gap; readonly tier: number }
)

export function openOutbox(options: OutboxOptions): Outbox {
  const { changes, log, rules, border, heldVectors, peerEpoch, sent, line, send } = options
  const remainders = new Map<string, Remainder>()
  /** From where scopes are to be sent whose remainder was not looked at yet. */
  const starts = new Map<string, { readonly from: number; readonly whole: boolean }>()
  /** Scopes that changed before their remainder was looked at. */
  const early = new Set<string>()
  /** Scopes in which there is something to send, or may be. */
  const ready = new Set<string>()
  const underWay = new UnderWay()
  /** Scopes of which the peer was told that more is to come. */
  const announced = new Set<string>()
  /** Records to be sent once more, by scope. */
  const again = new Map<string, Set<string>>()
  /** By record; the one told last is the last. */
  const told = new Map<string, Vectors>()
  let running: Promise<void> = Promise.resolve()
  let busy = false
  let asked = false
  let listed = false

  async function remainderOf(scope: string): Promise<Remainder> {
    for (;;) {
      const known = remainders.get(scope)
      if (known) return known
      const start = starts.get(scope)
      const { from, whole } = start ?? { from: options.resume.get(scope) ?? 0, whole: false }
      // The peer's own word is the truth about what it holds: a peer that lost its store says 0.
      sent.set(scope, from)
      const complete = heldVectors?.completeOf(peerEpoch, scope) ?? 0
      // What was sent and has not arrived is not held.
      const remainder = new Remainder(from, await changes.head(scope), whole, complete <= from ? complete : 0)
      if (starts.get(scope) !== start || remainders.has(scope)) continue // rewound while the head was read
      remainder.news = early.delete(scope)
      remainders.set(scope, remainder)
    }
  }

  function partsOf(scope: string, remainder: Remainder): readonly Part[] {
    const parts: Part[] = []
    if (remainder.news && !isFolding(scope)) parts.push({ scope, remainder, kind: 'live' })
    if (again.has(scope)) parts.push({ scope, remainder, kind: 'again' })
    for (const tier of TIERS.keys()) {
      const gap = remainder.gapOf(tier)
      if (gap) parts.push({ scope, remainder, kind: 'gap', gap, tier })
    }
    return parts
  }

  /** Whether what people do now in a scope waits for the answer to what they did just before. */
  function isFolding(scope: string): boolean {
    const last = underWay.lastLive(scope)
    const ms = last ? last.flight.sentAtMs + FOLD_MS - options.elapsed() : 0
    if (ms > 0) options.wake(scope, ms)
    return ms > 0
  }

  async function mostImportant(): Promise<Part | undefined> {
    for (;;) {
      const parts: Part[] = []
      for (const scope of ready) {
        const remainder = await remainderOf(scope)
        if (remainders.get(scope) !== remainder) continue // rewound; `pump` was or will be called
        const ofScope = partsOf(scope, remainder)
        if (ofScope.length === 0 && !remainder.news) ready.delete(scope)
        parts.push(...ofScope)
      }
      const best = await soonest(parts)
      if (!best || (await rules.mayEnter(best.scope))) return best
      ready.delete(best.scope)
      again.delete(best.scope)
    }
  }

  async function soonest(parts: readonly Part[]): Promise<Part | undefined> {
    if (parts.length < 2) return parts[0] // mostly so, and a rank is read from the store
    let best: { readonly part: Part; readonly rank: number } | undefined
    for (const part of parts) {
      const level = part.kind === 'gap' ? (TIERS[part.tier]?.level ?? 0) : (TIERS[0]?.level ?? 0)
      const rank = await options.priority(part.scope, level)
      if (!best || isSooner(part, rank, best.part, best.rank)) best = { part, rank }
    }
    return best?.part
  }

  async function sendPart(part: Part): Promise<void> {
    await rules.refresh()
    if (part.kind === 'live') return sendLive(part)
    if (part.kind === 'again') return sendOnceMore(part)
    return sendGap(part)
  }

  async function sendLive(part: Part): Promise<void> {
    const { scope, remainder } = part
    // Before reading: a change that commits meanwhile is news again.
    remainder.news = false
    const hadGaps = remainder.hasGaps
    const page = await log.page(scope, remainder.tail, { limit: LIVE_RECORDS, except: peerEpoch })
    if (page.more) {
      remainder.tailBecomesGap(await changes.head(scope))
      return
    }
    const { records, taken, nothing } = await batchOf(page.changes, (id) => heldBy(part, id))
    const hidden = nothing.filter((id) => options.isRefused?.(scope, id))
    if (hidden.length > 0) options.onHidden?.(scope, hidden)
    if (remainders.get(scope) !== remainder) return // rewound meanwhile: all of it is sent anyway
    const isCut = taken < page.changes.length
    const from = remainder.tail
    if (isCut || hadGaps) remainder.advanceTail(isCut ? (page.changes[taken - 1]?.seq ?? from) : page.upTo)
    else {
      remainder.readToEnd(page.upTo)
      heldVectors?.noteComplete(peerEpoch, scope, remainder.complete)
    }
    if (isCut) remainder.news = true
    if (records.length === 0) options.onPassedOver?.(scope, from, remainder.tail)
    post(scope, remainder, records, { more: isCut, isLive: !isCut })
  }

  async function sendGap(part: Extract<Part, { kind: 'gap' }>): Promise<void> {
    const { scope, remainder, gap, tier } = part
    const except = remainder.whole ? undefined : peerEpoch
    remainder.left ??= await changes.countSince(scope, remainder.cursor, except)
    const from = gap.at[tier] ?? 0
    const page = await log.page(scope, from, { limit: recordsOfBatch(), except, tier, head: gap.to })
    const inGap = page.changes.filter(({ seq }) => seq <= gap.to)
    const { records, taken } = await batchOf(inGap, (id) => (remainder.whole ? undefined : heldBy(part, id)))
    if (remainders.get(scope) !== remainder) return // rewound meanwhile: all of it is sent anyway
    const isCut = taken < inGap.length
    const upTo = isCut ? (inGap[taken - 1]?.seq ?? from) : page.more ? page.upTo : gap.to
    remainder.left = Math.max(0, remainder.left - taken)
    remainder.advance(gap, tier, upTo)
    if (remainder.left === 0) remainder.dropGaps()
    // Read on from the tail once more: only then is it known what the peer holds of what changed meanwhile.
    if (!remainder.hasGaps) remainder.news = true
    post(scope, remainder, records, { more: remainder.hasGaps, isLive: false })
  }

  /** Says what there is to say, also that no more comes when more was announced. */
  function post(
    scope: string,
    remainder: Remainder,
    records: readonly Encoded[],
    { more, isLive }: { readonly more: boolean; readonly isLive: boolean },
  ): void {
    if (records.length === 0 && (more || !announced.has(scope))) {
      // Only the peer's own changes, or nothing that it may read: it holds all there is for it up to here.
      if (underWay.isEmpty(scope)) sent.set(scope, remainder.cursor)
      return
    }
    const remaining = remainder.hasGaps ? Math.max(1, remainder.left ?? 1) : 0
    if (remaining > 0) announced.add(scope)
    else announced.delete(scope)
    dispatch({ scope, seq: remainder.cursor, remaining }, records, isLive)
  }

  /** One batch of what is to be sent again. The log moves by nothing. */
  async function sendOnceMore({ scope, remainder }: Part): Promise<void> {
    const wanted = again.get(scope)
    if (!wanted) return
    const ids = [...wanted].slice(0, recordsOfBatch())
    const found = await changes.records(ids)
    const held = ids.flatMap((id) => found.get(id) ?? []).filter((record) => record.scope === scope)
    const { records, taken } = await batchOf(
      held.map((record) => ({ record })),
      () => undefined,
    )
    // Rewound while they were read: they are sent with all the others.
    if (again.get(scope) !== wanted) return
    const left = new Set(held.slice(taken).map(({ id }) => id))
    for (const id of ids) if (!left.has(id)) wanted.delete(id)
    if (wanted.size === 0) again.delete(scope)
    if (records.length === 0) return
    const remaining = announced.has(scope) ? Math.max(1, remainder.left ?? 1) : 0
    dispatch({ scope, seq: remainder.cursor, remaining }, records, false)
  }

  function recordsOfBatch(): number {
    return Math.min(line.allowance().records, MAX_CHANGES)
  }

  function heldBy({ scope, remainder }: Part, id: string): Vectors | undefined {
    // Whole, also if the peer lacks nothing of it: it is to hear that ours is another one, and offers its own again.
    if (options.isRefused?.(scope, id)) return undefined
    return heldVectors && joinHeld(heldVectors.of(id, remainder.complete), told.get(id))
  }

  /** As many of the records as one message takes; `taken` counts also those that are nothing to the peer, which `nothing` names. */
  async function batchOf(
    all: readonly Outgoing[],
    held: (id: string) => Vectors | undefined,
  ): Promise<{ readonly records: Encoded[]; readonly taken: number; readonly nothing: readonly string[] }> {
    const records: Encoded[] = []
    const nothing: string[] = []
    const allowance = line.allowance()
    const most = allowance.chars / allowance.parallel
    let chars = 0
    for (const [taken, outgoing] of all.entries()) {
      const { seq, stored } = outgoing
      const id = stored?.id ?? outgoing.record.id
      const encoded = await encodeFor(outgoing, held(id), rules, border)
      if (seq !== undefined && stored) heldVectors?.note(seq, stored)
      if (!encoded) {
        nothing.push(id)
        continue
      }
      chars += encoded.text.length
      if (records.length > 0 && chars > most) return { records, taken, nothing }
      records.push(encoded)
    }
    return { records, taken: all.length, nothing }
  }

  function dispatch(head: Omit<Changes, 'type' | 'records'>, records: readonly Encoded[], isLive: boolean): void {
    const { scope, seq } = head
    const chars = records.reduce((sum, { text }) => sum + text.length, 0)
    underWay.add(scope, { seq, ids: records.map(({ id }) => id), flight: line.sent(chars), isLive })
    const texts = records.map(({ text }) => text)
    send(changesText(head, texts), texts.length)
  }

  async function run(): Promise<void> {
    busy = true
    try {
      // Only now: from here on, a scope that is not listed yet is one that `touch` will name.
      if (!listed) for (const scope of await changes.scopes()) ready.add(scope)
      listed = true
      do {
        asked = false
        for (;;) {
          const part = await mostImportant()
          if (!part || !underWay.hasRoom(line.allowance(), part.kind === 'live')) break
          await sendPart(part)
        }
      } while (asked)
    } finally {
      busy = false // at once: a call that came between the end and a later tick would be lost
    }
  }

  function sendAgain(scope: string, ids: Iterable<string>): void {
    let room = MAX_AGAIN
    for (const wanted of again.values()) room -= wanted.size
    const wanted = new Set([...(again.get(scope) ?? []), ...[...ids].slice(0, Math.max(0, room))])
    if (wanted.size === 0) return
    again.set(scope, wanted)
    ready.add(scope)
  }

  return {
    pump() {
      asked = true
      if (!busy) running = run()
      return running
    },

    touch(scope) {
      log.forget(scope)
      const remainder = remainders.get(scope)
      if (remainder) remainder.news = true
      else early.add(scope)
      ready.add(scope)
      return !isFolding(scope)
    },

    tell(id, seen) {
      const known = joinHeld(told.get(id), seen)
      told.delete(id)
      if (known) told.set(id, known)
      const [oldest] = told.keys()
      if (told.size > MAX_TOLD && oldest !== undefined) told.delete(oldest)
    },

    // Not what was merely sent: that may be lost on its way, and the log would leave it out for this peer for good.
    holds: ({ id }) => told.get(id),

    acknowledge(ack) {
      const { scope, seq, needs = [], tookMs = 0 } = ack
      const settled = underWay.settle(ack)
      if (settled.length === 0) return []
      line.acknowledged(
        settled.map(({ flight }) => flight),
        tookMs,
      )
      const ids = settled.flatMap((batch) => batch.ids)
      const wanted = ids.filter((id) => needs.includes(id))
      if (wanted.length > 0) sendAgain(scope, wanted)
      // What was read behind the last batch and not sent is nothing to this peer.
      sent.set(scope, underWay.isEmpty(scope) ? (remainders.get(scope)?.cursor ?? seq) : seq)
      return ids.filter((id) => !needs.includes(id))
    },

    sendAgain,

    rewind(scope) {
      again.delete(scope)
      starts.set(scope, { from: 0, whole: true })
      remainders.delete(scope)
      ready.add(scope)
    },

    isQuiet(scope) {
      return listed && !busy && !ready.has(scope) && underWay.isEmpty(scope)
    },

    waiting(scope) {
      return changes.countSince(scope, sent.get(scope), peerEpoch)
    },
  }
}

function isSooner(a: Part, rankA: number, b: Part, rankB: number): boolean {
  const order = { live: 0, again: 1, gap: 2 }
  if ((a.kind === 'live') !== (b.kind === 'live')) return a.kind === 'live'
  if (rankA !== rankB) return rankA < rankB
  if (a.kind !== b.kind) return order[a.kind] < order[b.kind]
  return a.kind === 'gap' && b.kind === 'gap' && a.tier < b.tier
}
