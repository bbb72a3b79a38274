/** What must be so once everything has had the time to travel everywhere. */
import { encodeRecord } from '../../model/merge/codec.ts'
import { scopeDigest } from '../../model/merge/digest.ts'
import { type CausalRecord, restrictRecord } from '../../model/merge/record.ts'
import { parseRegister } from '../../model/merge/registers.ts'
import { mayEnterWedding } from '../../model/roles.ts'
import { isInView } from '../../model/sync/rules.ts'
import { draftsOn } from './drafts.ts'
import { isIn, livePlaces, type Written } from './ledger.ts'
import type { Machine, World } from './machine.ts'
import { look } from './people.ts'
import { holderOf, type Sight, sightOf } from './sight.ts'
import { KITCHEN } from './topologies.ts'

/** Why the machines are not at rest yet; `undefined` if they are. */
export async function unrest(machines: readonly Machine[], world: World): Promise<string | undefined> {
  for (const machine of machines) {
    if (machine.unsaved > 0) return `${machine.name} is saving ${machine.unsaved} edits`
    const difference = differenceFromCloud(machine, machines, world)
    if (difference !== undefined) return difference
  }
  for (const machine of machines) {
    const peers = [...((await machine.sync?.upstreams()) ?? []), ...((await machine.sync?.devices()) ?? [])]
    for (const { name, kind, state, waiting, incoming } of peers) {
      if (state === 'equal' && waiting === 0 && incoming === 0) continue
      const open = await openScopes(machine, name)
      return `${machine.name} is ${state} towards its ${kind} ${name}, waiting ${waiting}, incoming ${incoming}: ${open}`
    }
    for (const scope of machine.disk.scopes()) {
      const { complete, behindBy } = (await machine.sync?.completeness(scope)) ?? { complete: false, behindBy: 0 }
      if (!complete || behindBy > 0) return `${machine.name} is not complete in ${scope}, behind by ${behindBy}`
    }
    // Those to a hub that it has left wait until it is back there.
    const epochs = [...machine.upstreams.values()].map((to) => machines.find(({ name }) => name === to)?.disk.epoch)
    const letter = (await machine.deadLetters()).find(({ peer }) => epochs.includes(peer))
    if (letter) return `${machine.name} has a dead letter, ${letter.id}: ${letter.reason}`
  }
  return undefined
}

/** The scopes in which a machine does not think itself equal with a peer. */
async function openScopes(machine: Machine, peer: string): Promise<string> {
  const scopes: string[] = []
  for (const scope of machine.disk.scopes()) {
    const peers = (await machine.sync?.completeness(scope))?.peers ?? []
    if (peers.some(({ deviceId, complete }) => deviceId === peer && !complete)) scopes.push(scope)
  }
  return scopes.join()
}

/** Holds exactly what the cloud holds of what it may read: the same canonical text, and the same digests. */
function differenceFromCloud(machine: Machine, machines: readonly Machine[], world: World): string | undefined {
  const cloud = cloudOf(machines)
  const rows = [cloud.disk.record(KITCHEN)].filter((row) => row !== undefined)
  const sight = sightOf(machine.name, machine.grant, world.actors, rows)
  for (const scope of cloud.disk.scopes()) {
    const expected = readable(cloud.disk.inScope(scope), scope, machine, world, sight)
    // What it still holds and may no longer read is nobody's business.
    const found = readable(machine.disk.inScope(scope), scope, machine, world, sight)
    for (const [id, one, other] of pairsById(found, expected)) {
      const [own, theirs] = [one && writtenDown(one), other && writtenDown(other)]
      if (own?.text !== theirs?.text) {
        return `${machine.name} differs in ${(one ?? other)?.table} ${id}: ${own?.text ?? 'nothing'} where the cloud has ${theirs?.text ?? 'nothing'}`
      }
      // A digest of a scope is made of those of its units, so it is enough that each of them is the same.
      if (own?.digests !== theirs?.digests) {
        return `${machine.name} has other digests of ${id} in ${scope} although the record is the same`
      }
    }
  }
  return undefined
}

type Pair = readonly [id: string, one: CausalRecord | undefined, other: CausalRecord | undefined]

/** Both in the order of their ids, as a disk lists them. */
function* pairsById(ones: readonly CausalRecord[], others: readonly CausalRecord[]): Generator<Pair> {
  let [i, j] = [0, 0]
  while (i < ones.length || j < others.length) {
    const [one, other] = [ones[i], others[j]]
    const id = other === undefined || (one && one.id <= other.id) ? one?.id : other.id
    if (id === undefined) throw new Error('one of the two has a record left')
    if (one?.id === id) i++
    if (other?.id === id) j++
    yield [id, one?.id === id ? one : undefined, other?.id === id ? other : undefined]
  }
}

export function cloudOf(machines: readonly Machine[]): Machine {
  const cloud = machines.find(({ kind }) => kind === 'cloud')
  if (!cloud) throw new Error('there is no cloud')
  return cloud
}

function readable(
  records: readonly CausalRecord[],
  scope: string,
  { grant }: Machine,
  { team }: World,
  sight: Sight,
): readonly CausalRecord[] {
  if (scope !== team && !mayEnterWedding(grant, scope)) return []
  return records.flatMap((record) => asSeen(sight, record) ?? [])
}

const seen = new WeakMap<CausalRecord, Map<string, CausalRecord | undefined>>()

/** Records never change, and most are asked for again and again. */
function asSeen({ key, view }: Sight, record: CausalRecord): CausalRecord | undefined {
  const known = seen.get(record) ?? new Map<string, CausalRecord | undefined>()
  seen.set(record, known)
  if (!known.has(key)) {
    known.set(
      key,
      restrictRecord(record, (readClass) => isInView(view, record, readClass)),
    )
  }
  return known.get(key)
}

interface WrittenDown {
  readonly text: string
  /** Of each read class. */
  readonly digests: string
}

const written = new WeakMap<CausalRecord, WrittenDown>()

function writtenDown(record: CausalRecord): WrittenDown {
  const known = written.get(record)
  if (known) return known
  const made = { text: JSON.stringify(encodeRecord(record)), digests: JSON.stringify([...scopeDigest([record])]) }
  written.set(record, made)
  return made
}

/**
 * Every acknowledged write is there: visible, beside others, or replaced by somebody who had seen it; or, where its author's role did
 * not allow it or something that they wrote in the same record, in a draft of theirs.
 */
export function checkWrites(machines: readonly Machine[], world: World): void {
  const cloud = cloudOf(machines)
  const records = new Map([...cloud.disk.rows].map(([id, { record }]) => [id, record]))
  const isDrafted = draftedOn(machines, world)
  for (const value of world.ledger.written) {
    const { id, readClass, register, actor, counter, machine } = value
    const vector = records.get(id)?.units.get(readClass)?.vector
    const isThere = (vector?.get(actor) ?? 0) >= counter
    const what = `${id} ${readClass} ${register}, ${actor} ${counter}, written at ${machine}`
    if (value.isAcknowledged && !value.isAtRisk && !isThere && !isDrafted(value)) {
      world.violation('INV1', `lost: ${what}`)
    }
    if (value.isForbidden && isThere) world.violation('INV6', `taken although its author may not write it: ${what}`)
  }
  const expected = world.ledger.survivors(records)
  const found = livePlaces(records.values())
  const missing = expected.find((place) => !found.includes(place))
  if (missing !== undefined) world.violation('INV4', `a value has gone that nobody replaced: ${missing}`)
  const surplus = found.find((place) => !expected.includes(place))
  if (surplus !== undefined)
    world.violation('INV2', `a value stands that was replaced, or that nobody wrote: ${surplus}`)
  for (const record of records.values()) look(record)
}

/** Whether a value is in a draft of whoever wrote it, and had to be. */
function draftedOn(machines: readonly Machine[], { ledger }: World): (value: Written) => boolean {
  const drafts = machines.flatMap(({ name, disk }) => {
    const { userId } = holderOf(name)
    return draftsOn(disk).map((draft) => {
      const own = ledger.valuesIn(draft.record, undefined).filter(({ machine }) => holderOf(machine).userId === userId)
      return { ...draft, own: new Set(own), hadTo: own.some(({ isOverreach }) => isOverreach) }
    })
  })
  return (value) =>
    drafts.some(
      ({ record, fields, own, hadTo }) =>
        hadTo && own.has(value) && fields.includes(parseRegister(value.register).field) && isIn(record, value),
    )
}
