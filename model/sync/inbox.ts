/** The receiving half of a session: joins a batch into the store and says what became of it. */
import { canonicalForm } from '../merge/canonical.ts'
import { encodeRecord } from '../merge/codec.ts'
import { encodeDelta, type Vectors, wholeOf } from '../merge/delta.ts'
import { type CausalRecord, joinRecords, restrictRecord, sameRecord } from '../merge/record.ts'
import { coversAll, EMPTY_VECTOR } from '../merge/vector.ts'
import { ok } from '../result.ts'
import type { Changes } from '../wire/index.ts'
import { type Border, deltaIn } from './border.ts'
import type { ChangeStore, StateStore, Write } from './changeStore.ts'
import { keepDraft } from './drafts.ts'
import { vectorsOf } from './heldVectors.ts'
import { type Incoming, idOf, readIncoming } from './incoming.ts'
import { type Setback, setAside } from './quarantine.ts'
import type { PeerRules } from './rules.ts'
import { type OwnEdits, takeBack } from './takeBack.ts'

export interface Refused {
  readonly id: string
  readonly reason: string
}

export interface InboxOptions {
  readonly changes: ChangeStore
  readonly state: StateStore
  readonly rules: PeerRules
  readonly peerEpoch: string
  readonly border?: Border | undefined
  /** What the peer has seen of records, kept by the half that sends. */
  readonly knowledge?: PeerKnowledge | undefined
  /** Length of the text that the records came in, or of the longest if there were several. */
  readonly chars?: number
  /** Edits of ours to be taken back, once the peer has shown what it holds of their records. */
  readonly ownEdits?: OwnEdits | undefined
}

export interface PeerKnowledge {
  /** The peer brings this, and so has seen it. */
  tell(id: string, seen: Vectors): void
  /** What the peer has said in this session that it has seen. */
  holds(record: CausalRecord): Vectors | undefined
}

/** What became of the records of one message. */
export interface Received {
  readonly refused: readonly Refused[]
  /** Records of which we hold too little for what was sent: they are to be sent whole. */
  readonly needs: readonly string[]
  /** Records that are now as the peer holds them: what we had written in them is kept as a draft. */
  readonly takenBack: readonly string[]
  /** Of the refused ones, those of which nothing is here that the peer may read. */
  readonly absent: readonly string[]
}

const MAX_REASON_CHARS = 500
/**
 * More edits of one unit than any device makes out of reach. Counters end at 2^48 (`codec.ts`): a peer that is let in and
 * means harm needs 2.8 · 10^9 accepted and stored edits of one record to use up somebody's.
 */
const MAX_LEAP = 100_000

/**
 * Joins the records of one message and commits. A record that cannot be taken is quarantined with its reason; the others
 * go in. Idempotent: the same message twice changes nothing the second time.
 */
export async function receiveChanges(message: Changes, options: InboxOptions): Promise<Received> {
  const { scope } = message
  if (!(await options.rules.mayEnter(scope))) {
    const reason = 'this device has no part in that wedding'
    return {
      refused: message.records.map((raw) => ({ id: idOf(raw) ?? 'unknown', reason })),
      needs: [],
      takenBack: [],
      absent: [],
    }
  }
  const { setbacks, ...received } = await joinChanges(message, options)
  await setAside(options.state, scope, options.peerEpoch, setbacks)
  const refused = [...setbacks].map(([id, { reason }]) => ({ id, reason: reason.slice(0, MAX_REASON_CHARS) }))
  return { ...received, refused }
}

interface Joined extends Omit<Received, 'refused'> {
  /** Records that were not taken. */
  readonly setbacks: ReadonlyMap<string, Setback>
}

/** Joins and commits what can be; what becomes of the others is the caller's business. */
export async function joinChanges(message: Changes, options: InboxOptions): Promise<Joined> {
  const { changes } = options
  const { scope } = message
  const { unreadable, ...readable } = readIncoming(message.records, scope, options.chars)
  // Before the commit, which makes the sending half look at these records.
  for (const each of [...readable.records.values(), ...readable.deltas.values()]) {
    options.knowledge?.tell(each.id, vectorsOf(each))
  }
  const { offers, shut } = await throughBorder(readable, options.border)
  await options.rules.refresh()
  const drafted = await keepDrafts(readable.records, options)
  let outcome = decide(new Map(), new Map(), options, drafted)
  if (offers.size > 0) {
    await changes.update([...offers.keys()], (current) => {
      outcome = decide(offers, current, options, drafted)
      return outcome.writes
    })
  }
  const setbacks = new Map<string, Setback>([...outcome.refused, ...shut])
  for (const { id, ...entry } of unreadable) setbacks.set(id, entry)
  return { setbacks, needs: outcome.needs, takenBack: outcome.takenBack, absent: outcome.absent }
}

/**
 * Of records that were just refused, those of which all is here by now: somebody else who may write them has brought them meanwhile.
 * Whoever sent them has to be told, since what it has seen of them is not sent to it.
 */
export async function heldByNow(
  { scope, records }: Changes,
  refused: readonly Refused[],
  { changes, border }: Pick<InboxOptions, 'changes' | 'border'>,
): Promise<readonly string[]> {
  const ids = new Set(refused.map(({ id }) => id))
  if (ids.size === 0) return []
  const sent = records.filter((raw) => ids.has(idOf(raw) ?? ''))
  const { offers } = await throughBorder(readIncoming(sent, scope), border)
  const current = await changes.records([...offers.keys()])
  return [...offers].flatMap(([id, offer]) => {
    const mine = current.get(id)
    const theirs = offer.over(mine)
    const joined = mine && theirs && joinRecords(mine, theirs)
    return joined?.ok && joined.value === mine ? [id] : []
  })
}

/** What is to be taken back is kept before it goes. @returns the records of ours that are kept so, as they were */
async function keepDrafts(
  records: ReadonlyMap<string, CausalRecord>,
  { changes, state, peerEpoch, ownEdits }: InboxOptions,
): Promise<ReadonlyMap<string, CausalRecord>> {
  const drafted = new Map<string, CausalRecord>()
  if (!ownEdits || records.size === 0) return drafted
  for (const [id, mine] of await changes.records([...records.keys()])) {
    const theirs = records.get(id)
    const taken = theirs && takeBack(mine, theirs, ownEdits)
    if (!taken) continue
    await keepDraft(state, peerEpoch, taken.draft)
    drafted.set(id, mine)
  }
  return drafted
}

interface Offer {
  /** The record that a peer would have us join, given what we hold of it; `undefined` if we hold too little to tell. */
  over(current: CausalRecord | undefined): CausalRecord | undefined
  /** What the record was read from, if it is just that. */
  readonly raw?: unknown
}

interface Offers {
  readonly offers: ReadonlyMap<string, Offer>
  /** Records that the border does not let in. */
  readonly shut: ReadonlyMap<string, Setback>
}

async function throughBorder(
  { records, raw, deltas }: Omit<Incoming, 'unreadable'>,
  border: Border | undefined,
): Promise<Offers> {
  const offers = new Map<string, Offer>()
  const shut = new Map<string, Setback>()
  for (const [id, record] of records) {
    const entered = border ? await border.incoming(record) : ok(record)
    if (entered.ok) offers.set(id, { over: () => entered.value, ...(!border && { raw: raw.get(id) }) })
    else shut.set(id, { reason: entered.error.reason, raw: encodeRecord(record), outside: true })
  }
  for (const [id, delta] of deltas) {
    const entered = border ? await deltaIn(border, delta) : ok(delta)
    if (entered.ok) {
      offers.set(id, {
        over(current) {
          const whole = wholeOf(current, entered.value)
          return whole.ok ? whole.value : undefined
        },
      })
    } else shut.set(id, { reason: entered.error.reason, raw: encodeDelta(delta), outside: true })
  }
  return { offers, shut }
}

interface Outcome {
  readonly writes: readonly Write[]
  readonly refused: ReadonlyMap<string, Setback>
  readonly needs: readonly string[]
  readonly takenBack: readonly string[]
  readonly absent: readonly string[]
}

/** Pure: may run again with records that somebody else changed meanwhile. */
function decide(
  offers: ReadonlyMap<string, Offer>,
  current: ReadonlyMap<string, CausalRecord>,
  { rules, peerEpoch, knowledge, ownEdits }: InboxOptions,
  drafted: ReadonlyMap<string, CausalRecord>,
): Outcome {
  const writes: Write[] = []
  const refused = new Map<string, Setback>()
  const needs: string[] = []
  const takenBack: string[] = []
  const absent: string[] = []
  for (const [id, offer] of offers) {
    const mine = current.get(id)
    const theirs = offer.over(mine)
    if (!theirs) {
      needs.push(id)
      continue
    }
    const kept = drafted.get(id)
    // Somebody may have typed more since: then it goes on as any other, and is refused again.
    const taken = mine && kept && ownEdits && sameRecord(mine, kept) ? takeBack(mine, theirs, ownEdits) : undefined
    if (taken) {
      takenBack.push(id)
      writes.push({ record: taken.record, from: peerEpoch })
      continue
    }
    const joined = mine ? joinRecords(mine, theirs) : { ok: true as const, value: theirs }
    const reason = leap(theirs, mine) ?? rules.refusal(theirs, mine)
    if (reason !== undefined || !joined.ok) {
      refused.set(id, { reason: reason ?? wordsFor(joined), raw: encodeRecord(theirs) })
      if (!mine || !restrictRecord(mine, (readClass) => rules.mayRead(mine, readClass))) absent.push(id)
      continue
    }
    if (joined.value === mine) continue
    // What the peer may not read of the record is nothing that it would need to be sent.
    const whole = joined.value
    const shared = restrictRecord(whole, (readClass) => rules.mayRead(whole, readClass))
    const held = knowledge?.holds(theirs) ?? vectorsOf(theirs)
    const unaltered = shared !== undefined && hasSeenAll(held, shared)
    const stored = whole === theirs && offer.raw !== undefined ? canonicalForm(offer.raw, whole) : undefined
    writes.push({ record: whole, ...(unaltered && { from: peerEpoch }), ...(stored && { stored }) })
  }
  return { writes, refused, needs, takenBack, absent }
}

export function hasSeenAll(held: Vectors, { units }: CausalRecord): boolean {
  for (const [readClass, { vector }] of units) {
    if (!coversAll(held.get(readClass) ?? EMPTY_VECTOR, vector)) return false
  }
  return true
}

function wordsFor(joined: ReturnType<typeof joinRecords>): string {
  if (joined.ok) return ''
  const { error } = joined
  const why = error.kind === 'dot-clash' ? `one edit with two contents in ${error.register}` : `another ${error.field}`
  return `the record cannot be joined: ${why}`
}

/** Counters so far ahead of what is known are no edits of people; taken in, they would leave no room for real ones. */
function leap(theirs: CausalRecord, mine: CausalRecord | undefined): string | undefined {
  for (const [readClass, unit] of theirs.units) {
    const known = mine?.units.get(readClass)?.vector
    for (const [actor, counter] of unit.vector) {
      if (counter - (known?.get(actor) ?? 0) > MAX_LEAP) return 'the record counts more edits than anybody makes'
    }
  }
  return undefined
}
