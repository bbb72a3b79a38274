/**
 * A wedding team on a bad day: machines with different roles that edit, lose the line, die, come back from a backup, and
 * have clocks and disks that cannot be trusted. The sync engine and the merge core are the real ones; network, disks and
 * time are not. Everything follows from the seed, so a run can be had again exactly.
 */
import { createHash } from 'node:crypto'
import { checkWrites, unrest } from './checks.ts'
import { EVENTS, stopFaults } from './events.ts'
import { createLedger } from './ledger.ts'
import type { World } from './machine.ts'
import { createNetwork } from './network.ts'
import { randomFrom } from './random.ts'
import { ROGUE, ROGUE_GRANT } from './rogue.ts'
import { Team } from './team.ts'
import { TEAM, TOPOLOGIES } from './topologies.ts'
import { createVirtualTime } from './virtualTime.ts'

export interface SimulationOptions {
  readonly seed: string
  readonly steps: number
  /** Is told of every event. */
  readonly onTrace?: (line: string) => void
}

export interface SimulationResult {
  /** Of every event of the run, in order. */
  readonly traceHash: string
  /** How often each thing happened. */
  readonly counts: ReadonlyMap<string, number>
  readonly virtualMs: number
  /** The longest that it took, after the faults had stopped, until all were equal and knew it. */
  readonly catchUpMs: number
  /** That arrived, heartbeats apart. */
  readonly frames: number
  /** Values that people wrote. */
  readonly writes: number
}

/** Something was so that must never be so. */
export class SimulationFailure extends Error {
  readonly rule: string

  constructor(rule: string, details: string, where: string) {
    super(`${where}: ${rule}: ${details}`)
    this.name = 'SimulationFailure'
    this.rule = rule
  }
}

/** So often the faults stop, and everything must come right. */
const STEPS_TO_HEAL = 100
/**
 * Within so long after the faults have stopped. A dead line is noticed after 12 s, a try that failed for good reasons is
 * repeated after 30.5 s, and a scope is sent anew at most every 30 s.
 */
export const CATCH_UP_MS = 90_000
const SLICE_MS = 500
/** By then all has come right by itself that can; people look at what was set aside. */
const PEOPLE_LOOK_MS = 45_000
/** Lines that died before the faults stopped are noticed, and called anew. */
const LAST_RECONNECTS_MS = 30_000
/** Nobody says anything but heartbeats. */
const IDLE_MS = 15_000

export async function simulate({ seed, steps, onTrace }: SimulationOptions): Promise<SimulationResult> {
  const random = randomFrom(seed)
  // Comparing digests would make good what the engine loses otherwise: where nothing is damaged, nothing may need repair.
  const isGentle = random.chance(0.4)
  const time = createVirtualTime()
  const ledger = createLedger()
  const hash = createHash('sha256')
  const counts = new Map<string, number>()
  let failure: SimulationFailure | undefined
  let step = 0
  let catchUpMs = 0

  const trace = (line: string): void => {
    const timed = `${time.now()} ${line}\n`
    hash.update(timed)
    onTrace?.(timed)
  }
  const network = createNetwork({
    time,
    random: random.fork('network'),
    onDelivered(from, to, text) {
      trace(`${from} → ${to} ${text}`)
      if (isGentle && from !== ROGUE && /"type":"(repair|resend)"/.test(text)) {
        world.violation('completeness', `${from} asks ${to} for a repair, although nothing was damaged`)
      }
    },
  })
  const world: World = {
    ...{ time, network, ledger, random, trace, team: TEAM },
    grants: new Map([[ROGUE, ROGUE_GRANT]]),
    actors: new Map(),
    vendorRows: [],
    count(what) {
      counts.set(what, (counts.get(what) ?? 0) + 1)
      trace(`── ${what}`)
    },
    violation(rule, details) {
      failure ??= new SimulationFailure(rule, details, `seed ${seed}, step ${step}, ${time.now()} ms`)
    },
  }

  async function pass(ms: number): Promise<void> {
    await time.pass(ms)
    if (failure) throw failure
  }

  async function heal(team: Team): Promise<void> {
    world.count('heal')
    stopFaults(team)
    for (const machine of team.machines) team.edit(machine)
    const since = time.now()
    let reason = await rested(team)
    while (reason !== undefined && time.now() - since < CATCH_UP_MS) {
      if (time.now() - since > PEOPLE_LOOK_MS) team.letInWhatWasLost()
      await pass(SLICE_MS)
      reason = await rested(team)
    }
    if (reason !== undefined) world.violation('liveness', `after ${CATCH_UP_MS} ms: ${reason}`)
    catchUpMs = Math.max(catchUpMs, time.now() - since)
    checkWrites(team.machines, world)
    await pass(LAST_RECONNECTS_MS)
    const frames = network.delivered()
    await pass(IDLE_MS)
    const said = network.delivered() - frames
    if (said > 0) world.violation('rest', `${said} messages in ${IDLE_MS} ms although nothing changes`)
    reason = await rested(team)
    if (reason !== undefined) world.violation('liveness', `no longer at rest: ${reason}`)
    await pass(0)
  }

  /** Asking reads the disks, which takes its time. */
  async function rested(team: Team): Promise<string | undefined> {
    let answer: { readonly reason: string | undefined } | undefined
    const asked = unrest(team.machines, world).then((reason) => {
      answer = { reason }
    })
    while (!answer) await pass(1)
    await asked
    return answer.reason
  }

  const places = random.pick(Object.entries(TOPOLOGIES))
  world.count(`topology: ${places[0]}${isGentle ? ', gently' : ''}`)
  const team = new Team(world, places[1])
  await pass(1_000)
  const may = Object.entries(EVENTS).filter(([, { harms }]) => !isGentle || !harms)
  const weights = Object.fromEntries(may.map(([name, { weight }]) => [name, weight]))
  for (step = 1; step <= steps; step++) {
    const name = random.weighted(weights)
    trace(`── step ${step}`)
    if (EVENTS[name]?.happen(team)) world.count(name)
    await pass(pauseMs())
    if (step % STEPS_TO_HEAL === 0 || step === steps) await heal(team)
  }
  return {
    traceHash: hash.digest('hex'),
    counts,
    virtualMs: time.now(),
    catchUpMs,
    frames: network.delivered(),
    writes: ledger.written.length,
  }

  function pauseMs(): number {
    switch (random.weighted({ instant: 2, short: 12, long: 4, dead: 1 })) {
      case 'instant':
        return 0
      case 'short':
        return random.between(1, 200)
      case 'long':
        return random.between(200, 2_500)
      case 'dead':
        return random.between(2_500, 30_000)
    }
  }
}
