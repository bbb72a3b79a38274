import { median } from './median.ts'
import type { Figure } from './run.ts'

const ROUNDS = 5
/**
 * Before those that count. V8 makes its fast code on another thread, after it has seen enough runs: on a busy machine the
 * last of it is ready only after several tenths of a second, and earlier rounds measure the compiler.
 */
const WARM_UP_ROUNDS = 10
const ROUND_MS = 100
/** For what one core can do. So many, in turns with others, take longer than a busy host is slow at a stretch. */
const BEST_OF_ROUNDS = 30
/** A batch that takes less is doubled, so that reading the clock does not count: in batches of 2 ms it was a tenth of the time, by profile. */
const BATCH_MS = 10
const MOST_RUNS_AT_ONCE = 50_000
/** Fewer, so that what is prepared fits into memory and mostly into caches. */
const MOST_TASKS_AT_ONCE = 250

/** Something to do over and over. */
export interface Workload {
  readonly name: string
  /** @returns one run of it. Preparing does not count */
  prepare(): () => unknown
  readonly mostAtOnce: number
}

/** Tasks that use up what they work on. */
export function tasksOf(name: string, prepare: () => () => unknown): Workload {
  return { name, prepare, mostAtOnce: MOST_TASKS_AT_ONCE }
}

/**
 * How often `run` is done in a second of processor time: the median of five rounds, after ten that do not count. The
 * time of all threads of this process counts, so garbage collection does, and other programs on the same cores do not.
 */
export function perSecond(name: string, run: () => unknown): Figure {
  const [rate = 0] = sideBySide([{ name, prepare: () => run, mostAtOnce: MOST_RUNS_AT_ONCE }])
  return { name, value: Math.round(rate), unit: '/s' }
}

/**
 * The rates of several workloads, a round of each in turn: whatever slows the machine for a while slows all of them, and
 * their ratios hold.
 */
export function sideBySide(workloads: readonly Workload[]): readonly number[] {
  return ratesOf(workloads, ROUNDS).map(median)
}

/**
 * What one core can do of each: the best of 30 rounds in turns, and beside it their median. Whatever else happens in a computer
 * or on its host makes code slower and never faster (as the documentation of Python's `timeit` says of its minimum), and where
 * a host gives now all and now half of a core, a median tells which of the two it gave more often.
 */
export function bestPerSecond(runs: Readonly<Record<string, () => unknown>>): readonly Rate[] {
  const entries = Object.entries(runs)
  const workloads = entries.map(([name, run]) => ({ name, prepare: () => run, mostAtOnce: MOST_RUNS_AT_ONCE }))
  return ratesOf(workloads, BEST_OF_ROUNDS).map((rates, n) => ({
    name: entries[n]?.[0] ?? '',
    best: Math.round(Math.max(...rates)),
    median: Math.round(median(rates)),
  }))
}

export interface Rate {
  readonly name: string
  readonly best: number
  readonly median: number
}

/** Of each workload, the rate of each of the rounds that count. */
function ratesOf(workloads: readonly Workload[], rounds: number): readonly number[][] {
  const running = workloads.map((workload) => ({ workload, atOnce: 1, rates: [] as number[] }))
  for (let n = 0; n < WARM_UP_ROUNDS + rounds; n++) {
    for (const each of running) {
      const { rate, atOnce } = round(each.workload, each.atOnce)
      each.atOnce = atOnce
      if (n >= WARM_UP_ROUNDS) each.rates.push(rate)
    }
  }
  return running.map(({ rates }) => rates)
}

function round({ prepare, mostAtOnce }: Workload, from: number): { readonly rate: number; readonly atOnce: number } {
  let atOnce = from
  let usedMs = 0
  let done = 0
  while (usedMs < ROUND_MS) {
    const tasks = Array.from({ length: atOnce }, prepare)
    const start = processorMs()
    for (const task of tasks) task()
    const batchMs = processorMs() - start
    usedMs += batchMs
    done += tasks.length
    if (batchMs < BATCH_MS) atOnce = Math.min(2 * atOnce, mostAtOnce)
  }
  return { rate: done / (usedMs / 1_000), atOnce }
}

function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
