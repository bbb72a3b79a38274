/**
 * A device of the team that was taken over. It has a valid token and may read a little, and says whatever could do harm:
 * garbage, messages out of place, edits in the name of others, floods. Nothing of it may leave a mark anywhere.
 */
import { encodeRecord, type StoredRecord } from '../../model/merge/codec.ts'
import { deleteRecord, editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, restrictRecord } from '../../model/merge/record.ts'
import { mayRead } from '../../model/roles.ts'
import type { Transport } from '../../model/sync/transport.ts'
import { PROTOCOL } from '../../model/wire/version.ts'
import type { Machine, World } from './machine.ts'

export const ROGUE = 'rogue'
const ROLE = 'viewer'

export const ROGUE_GRANT = { role: ROLE, weddings: 'all' } as const

const ATTACKS = {
  garbage: 3,
  outOfPlace: 2,
  forged: 6,
  erased: 3,
  leap: 1,
  moved: 1,
  flood: 1,
  lies: 3,
  mute: 1,
} as const
export type Attack = keyof typeof ATTACKS

/** Calls a machine and attacks it. @returns how */
export function attack(victim: Machine, world: World): Attack {
  const kind = world.random.weighted(ATTACKS)
  world.network.dial(ROGUE, victim.name).then(
    (transport) => carryOut(kind, transport, victim, world),
    () => undefined, // nobody answers
  )
  return kind
}

function carryOut(kind: Attack, transport: Transport, victim: Machine, world: World): void {
  const { random, team } = world
  const say = (message: object) => transport.send(JSON.stringify(message))
  const introduce = () => {
    say({
      type: 'hello',
      protocol: PROTOCOL,
      epoch: `rogue${random.below(1e6).toString().padStart(6, '0')}`,
      deviceId: ROGUE,
      deviceName: ROGUE,
      team,
      token: ROGUE,
      now: random.pick([0, -1e15, 1e15, Date.UTC(2026, 5, 12)]),
    })
    say({ type: 'resume', cursors: random.chance(0.5) ? {} : { [team]: 1e12 } })
  }
  const bring = (...records: readonly unknown[]) => {
    const [scope] = [...victim.disk.scopes()].filter((s) => records.some((r) => Reflect.get(Object(r), 'scope') === s))
    say({ type: 'changes', scope: scope ?? team, seq: random.below(1_000), remaining: 1e9, records })
  }
  const some = (): StoredRecord | undefined => {
    const record = someRecord(victim, world)
    return record && encodeRecord(record)
  }
  if (kind !== 'outOfPlace') introduce()
  switch (kind) {
    case 'garbage':
      transport.send(random.pick(['', '{', '[]', 'null', '{"type":"changes"}', `"${'x'.repeat(5_000)}"`, '\u0000']))
      break
    case 'outOfPlace':
      say({ type: 'ack', scope: team, seq: 4, refused: [] })
      bring(some())
      introduce()
      introduce()
      break
    case 'forged': {
      // An edit that nobody made: in the name of somebody who has edited here, or of a new actor.
      const record = someRecord(victim, world)
      if (!record) break
      const actor = random.chance(0.5) ? random.pick(actorsOf(record)) : 'zzzzzzzzzzz'
      const author = { actor, stamp: random.pick(['0zzzzzzzz000', '000000000000']) }
      bring(
        encodeRecord(
          random.chance(0.5) ? editRecord(record, { status: 'forged' }, author) : deleteRecord(record, author),
        ),
      )
      break
    }
    case 'erased': {
      // "I have seen all of it and hold nothing any more."
      const record = some()
      if (record) bring({ ...record, units: mapUnits(record, (unit) => ({ ...unit, e: [], r: {} })) })
      break
    }
    case 'leap': {
      const record = some()
      if (record) bring({ ...record, units: mapUnits(record, (unit) => ({ ...unit, v: unit.v.map(() => 2 ** 40) })) })
      break
    }
    case 'moved': {
      const record = some()
      if (record) bring({ ...record, table: 'guests' }, { ...record, base: 'inner' }, { ...record, scope: team })
      break
    }
    case 'flood':
      for (let n = 0; n < 200; n++) say(n % 2 === 0 ? { type: 'ping' } : { type: 'resend', scope: team })
      break
    case 'lies':
      say({ type: 'ack', scope: team, seq: 1e12, refused: [{ id: 'x', reason: 'y' }] })
      say({ type: 'verdict', scope: team, outcome: 'equal' })
      say({ type: 'digest', scope: team, classes: { open: 'f'.repeat(64) }, except: [] })
      say({ type: 'repair', scope: team, ids: ['nobody', ...victim.disk.inScope(team).map(({ id }) => id)] })
      say({ type: 'probe', scope: team, at: [['open', 'actors', '0']], except: ['all'] })
      break
    case 'mute':
      // Takes everything and never answers: the victim must let go by itself.
      return
  }
  world.time.after(random.between(100, 20_000), () => transport.close())
}

function someRecord(victim: Machine, { random }: World): CausalRecord | undefined {
  // Every role may write names of actors, those of others too: see `model/roles.ts`.
  const readable = [...victim.disk.rows.values()]
    .filter(({ record }) => record.table !== 'actors')
    .flatMap(({ record }) => restrictRecord(record, (readClass) => mayRead(ROLE, record.table, readClass)) ?? [])
  return readable.length > 0 ? random.pick(readable) : undefined
}

function actorsOf({ units }: CausalRecord): readonly string[] {
  return [...units.values()].flatMap(({ vector }) => [...vector.keys()])
}

type StoredUnit = StoredRecord['units'][string]

function mapUnits(record: StoredRecord, change: (unit: StoredUnit) => StoredUnit): StoredRecord['units'] {
  return Object.fromEntries(Object.entries(record.units).map(([name, unit]) => [name, change(unit)]))
}
