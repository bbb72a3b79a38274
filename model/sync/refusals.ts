import { z } from 'zod'
import type { StateStore } from './changeStore.ts'
import type { Refused } from './inbox.ts'

const refusal = z.object({
  reason: z.string(),
  /** The peer refused our record; else we refused its. */
  byPeer: z.boolean(),
  attempts: z.number().int(),
  /** What we spoke with the peer when it was tried last. */
  protocol: z.number().int(),
  /** The edition of the border at which we refused it, if there was one between the peer and us. */
  edition: z.string().optional(),
})
export type Refusal = z.infer<typeof refusal>

/** Ids alone, as it was saved before there were reasons. */
const saved = z.union([z.record(z.string(), refusal), z.array(z.string())])

/**
 * How often a record that the peer refuses is offered to it, once in each session; then only after one of us speaks a newer
 * protocol, when its content has changed, or when a person asks for it. What is against the role of the people here is offered until it
 * is taken back (`notTaken.ts`).
 */
export const MAX_OFFERS = 5

/**
 * Records that one of two replicas has refused, by scope. They are left out when digests are compared, so that one bad
 * record does not make the whole wedding look unequal; durable, so that a new connection does not start to wonder again.
 */
export interface Refusals {
  of(scope: string): ReadonlySet<string>
  /** What became of one batch: these records were in it, and these of them were refused, by the peer or by us. */
  note(scope: string, sent: readonly string[], refused: readonly Refused[], byPeer: boolean): Promise<void>
  /** These are no longer what this peer or any other has refused: it was taken back. */
  withdraw(scope: string, ids: readonly string[]): Promise<void>
  /** Records to offer the peer once more, by scope. */
  due(): ReadonlyMap<string, readonly string[]>
  /** All that the peer refuses, by scope. */
  ofPeer(): ReadonlyMap<string, readonly string[]>
  /** Who refused the record of the other; `undefined` if nobody did. */
  by(scope: string, id: string): 'peer' | 'us' | undefined
  /** Records to ask of the peer once more: they were refused when the border was another one. */
  shut(scope: string): readonly string[]
}

export interface RefusalOptions {
  readonly ownEpoch: string
  readonly peerEpoch: string
  readonly protocol: number
  /** Of the border between the peer and us. */
  readonly edition?: string | undefined
}

type Known = Map<string, Map<string, Refusal>>

/** What the sessions of a store know, by the peer's prefix: whoever changes what is saved changes it there too. */
const shared = new WeakMap<StateStore, Map<string, Known>>()

export async function openRefusals(
  state: StateStore,
  { ownEpoch, peerEpoch, protocol, edition }: RefusalOptions,
): Promise<Refusals> {
  const prefix = `refused/${ownEpoch}/${peerEpoch}/`
  const known = await readRefusals(state, prefix)
  const sessions = shared.get(state) ?? new Map<string, Known>()
  shared.set(state, sessions.set(prefix, known))

  function matching(scope: string, matches: (refusal: Refusal) => boolean): readonly string[] {
    return [...(known.get(scope) ?? [])].flatMap(([id, refusal]) => (matches(refusal) ? [id] : []))
  }

  function allMatching(matches: (refusal: Refusal) => boolean): ReadonlyMap<string, readonly string[]> {
    const all = [...known.keys()].map((scope) => [scope, matching(scope, matches)] as const)
    return new Map(all.filter(([, ids]) => ids.length > 0))
  }

  function isDue({ attempts, protocol: then }: Refusal): boolean {
    return attempts < MAX_OFFERS || then !== protocol
  }

  return {
    of: (scope) => new Set(known.get(scope)?.keys()),
    async note(scope, sent, refused, byPeer) {
      const before = known.get(scope) ?? new Map<string, Refusal>()
      const after = new Map(before)
      // That one side takes the record of the other says nothing of the way back.
      for (const id of sent) if (before.get(id)?.byPeer === byPeer) after.delete(id)
      for (const { id, reason } of refused) {
        const attempts = (before.get(id)?.attempts ?? 0) + 1
        after.set(id, { reason, byPeer, attempts, protocol, ...(edition !== undefined && { edition }) })
      }
      if (after.size === before.size && refused.length === 0) return
      known.set(scope, after)
      await state.set(prefix + scope, Object.fromEntries(after))
    },
    async withdraw(scope, ids) {
      for (const place of (await state.list(`refused/${ownEpoch}/`)).keys()) {
        if (!place.endsWith(`/${scope}`)) continue
        const ofPeer = place.slice(0, -scope.length)
        const before =
          (sessions.get(ofPeer) ?? (await readRefusals(state, ofPeer))).get(scope) ?? new Map<string, Refusal>()
        const after = new Map([...before].filter(([id, { byPeer: isTheirs }]) => !isTheirs || !ids.includes(id)))
        if (after.size === before.size) continue
        sessions.get(ofPeer)?.set(scope, after)
        await state.set(place, Object.fromEntries(after))
      }
    },
    due: () => allMatching((refusal) => refusal.byPeer && isDue(refusal)),
    ofPeer: () => allMatching(({ byPeer }) => byPeer),
    by(scope, id) {
      const refusal = known.get(scope)?.get(id)
      return refusal && (refusal.byPeer ? 'peer' : 'us')
    },
    shut: (scope) =>
      edition === undefined ? [] : matching(scope, (refusal) => !refusal.byPeer && refusal.edition !== edition),
  }
}

async function readRefusals(state: StateStore, prefix: string): Promise<Known> {
  const known: Known = new Map()
  for (const [key, value] of await state.list(prefix)) {
    const entries = saved.parse(value)
    const old = { reason: 'refused by an earlier version', byPeer: true, attempts: 0, protocol: 1 }
    known.set(
      key.slice(prefix.length),
      new Map(Array.isArray(entries) ? entries.map((id) => [id, old]) : Object.entries(entries)),
    )
  }
  return known
}

/** A person asks for it: it is offered once more, in the next session with the peer. */
export async function offerAgain(
  state: StateStore,
  ownEpoch: string,
  { peer, scope, id }: Pick<DeadLetter, 'peer' | 'scope' | 'id'>,
): Promise<void> {
  const prefix = `refused/${ownEpoch}/${peer}/`
  const known = (await readRefusals(state, prefix)).get(scope)
  const refused = known?.get(id)
  if (known && refused)
    await state.set(prefix + scope, Object.fromEntries([...known, [id, { ...refused, attempts: 0 }]]))
}

/** One of our records that a peer does not take. It stays here, is shown, and never in the way of others. */
export interface DeadLetter extends Refused {
  readonly scope: string
  /** Epoch of the peer. */
  readonly peer: string
  readonly attempts: number
}

export async function deadLetters(state: StateStore, ownEpoch: string): Promise<readonly DeadLetter[]> {
  const prefix = `refused/${ownEpoch}/`
  const letters: DeadLetter[] = []
  for (const [place, entries] of await readRefusals(state, prefix)) {
    const [peer = '', scope = ''] = place.split('/')
    for (const [id, { reason, byPeer, attempts }] of entries) {
      if (byPeer) letters.push({ id, scope, peer, reason, attempts })
    }
  }
  return letters
}
