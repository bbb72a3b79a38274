/** What may happen to a team in one step, and how often it does. */
import type { Machine } from './machine.ts'
import { type Break, GOOD, type Quality } from './network.ts'
import { attack } from './rogue.ts'
import type { Team } from './team.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const MAX_MACHINES = 8

interface Happening {
  readonly weight: number
  /** After it, replicas differ in a way that only comparing them finds out. */
  readonly harms?: true
  /** @returns false if there is nothing that it could happen to */
  readonly happen: (team: Team) => boolean
}

export const EVENTS: Readonly<Record<string, Happening>> = {
  edit: { weight: 400, happen: (team) => toOne(team, isUp, (machine) => team.edit(machine)) },
  create: { weight: 60, happen: (team) => toOne(team, isUp, (machine) => team.create(machine)) },
  import: { weight: 6, happen: (team) => toOne(team, isUp, (machine) => repeat(12, () => team.create(machine))) },
  nothing: { weight: 60, happen: () => true },

  partition: { weight: 50, happen: (team) => setLine(team, { ...GOOD, blocked: true }) },
  'bad line': { weight: 25, happen: (team) => setLine(team, { ...GOOD, latencyMs: 400, jitterMs: 900, loss: 0.1 }) },
  'line heals': { weight: 60, happen: (team) => setLine(team, GOOD) },
  'line cut': { weight: 40, happen: (team) => breakLine(team, 'reset') },
  'line goes silent': { weight: 30, happen: (team) => breakLine(team, 'silence') },

  killed: { weight: 35, happen: (team) => toOne(team, isUp, (machine) => machine.die('killed')) },
  'killed in a write': {
    weight: 35,
    happen: (team) =>
      toOne(team, isUp, (machine) => {
        machine.doom = team.world.random.pick(['before the commit', 'after the commit'])
      }),
  },
  'power cut': { weight: 15, happen: (team) => toOne(team, isUp, (machine) => machine.die('power cut')) },
  restart: { weight: 60, happen: (team) => toOne(team, isDown, (machine) => machine.start()) },

  // While a slow disk is read for a digest, what it is read for may change, time and again.
  'slow disk': { weight: 20, harms: true, happen: (team) => setMood(team, 'slow') },
  'full disk': { weight: 10, harms: true, happen: (team) => setMood(team, 'full') },
  'disk is well': { weight: 20, happen: (team) => setMood(team, 'well') },
  'clock jumps': {
    weight: 20,
    happen: (team) =>
      toOne(team, anybody, (machine) => {
        machine.clockErrorMs = team.world.random.pick([0, DAY_MS, -DAY_MS, 7 * MINUTE_MS, -2 * MINUTE_MS])
      }),
  },

  backup: { weight: 20, happen: (team) => toOne(team, anybody, (machine) => team.backUp(machine)) },
  restore: {
    weight: 10,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        ({ name }) => team.hasBackup(name),
        (machine) => team.restore(machine),
      ),
  },
  damage: { weight: 15, harms: true, happen: (team) => toOne(team, isUp, (machine) => team.damage(machine)) },
  copy: {
    weight: 4,
    harms: true,
    happen: (team) =>
      team.machines.length < MAX_MACHINES &&
      toOne(
        team,
        (machine) => team.mayCopy(machine),
        (machine) => team.copy(machine),
      ),
  },

  'moves to another hub': {
    weight: 12,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        (machine) => hasOtherHub(team, machine),
        (machine) => team.moveOn(machine),
      ),
  },
  revoked: {
    weight: 4,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        (machine) => hasOtherHub(team, machine),
        (machine) => team.revoke(machine),
      ),
  },
  promoted: { weight: 4, harms: true, happen: (team) => toOne(team, isLimited, (machine) => team.promote(machine)) },
  overreach: {
    weight: 50,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        (machine) => machine.isUp && team.isFiltered(machine),
        (machine) => team.overreach(machine),
      ),
  },
  'overreach by creating': {
    weight: 40,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        (machine) => team.mayOverreachByCreating(machine),
        (machine) => team.overreachByCreating(machine),
      ),
  },
  'another type': {
    weight: 8,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        (machine) => machine.isUp && !team.isFiltered(machine),
        (machine) => team.retype(machine),
      ),
  },
  'let in': {
    weight: 15,
    harms: true,
    happen: (team) =>
      toOne(
        team,
        ({ kind, isUp: up }) => up && kind === 'hub',
        (machine) => team.letInOverreach(machine),
      ),
  },
  attack: {
    weight: 30,
    harms: true,
    happen: (team) => toOne(team, isServing, (victim) => team.world.count(`attack: ${attack(victim, team.world)}`)),
  },
}

/** The faults stop; what they have done stays. */
export function stopFaults(team: Team): void {
  team.world.network.healAll()
  for (const machine of team.machines) {
    machine.mood = 'well'
    machine.doom = undefined
    if (!machine.isUp) machine.start()
    team.leaveRevoking(machine)
  }
}

const isUp = (machine: Machine): boolean => machine.isUp
const isDown = (machine: Machine): boolean => !machine.isUp
const anybody = (): boolean => true
const isServing = ({ kind, isUp: up }: Machine): boolean => up && kind !== 'device'
const isLimited = ({ kind, grant: { role } }: Machine): boolean =>
  kind === 'device' && role !== 'owner' && role !== 'planner'
const hasOtherHub = (team: Team, machine: Machine): boolean => team.otherHub(machine) !== undefined

function toOne(team: Team, may: (machine: Machine) => boolean, happen: (machine: Machine) => unknown): boolean {
  const able = team.machines.filter(may)
  if (able.length === 0) return false
  happen(team.world.random.pick(able))
  return true
}

function repeat(times: number, run: () => void): void {
  for (let n = 0; n < times; n++) run()
}

function setMood(team: Team, mood: Machine['mood']): boolean {
  return toOne(team, anybody, (machine) => {
    machine.mood = mood
  })
}

/** All pairs of a machine and one that it calls, by name. */
function lines({ machines }: Team): readonly (readonly [string, string])[] {
  return machines.flatMap(({ name, upstreams }) => [...upstreams.values()].map((to) => [name, to] as const))
}

function setLine(team: Team, quality: Quality): boolean {
  const [a, b] = team.world.random.pick(lines(team))
  team.world.network.setQuality(a, b, quality)
  return true
}

function breakLine(team: Team, how: Break): boolean {
  const [a, b] = team.world.random.pick(lines(team))
  return team.world.network.cut(a, b, how) > 0
}
