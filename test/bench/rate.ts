import { median } from './median.ts'
import type { Figure } from './run.ts'

const ROUNDS = 5
const ROUND_MS = 100
const RUNS_AT_ONCE = 2_000
/** Fewer, so that what is prepared fits into memory and mostly into caches. */
const TASKS_AT_ONCE = 250

/**
 * How often `run` is done in a second of processor time: the median of five rounds, after one that does not count. The
 * time of all threads of this process counts, so garbage collection does, and other programs on the same cores do not.
 */
export function perSecond(name: string, run: () => unknown): Figure {
  return rate(name, () => Array.from({ length: RUNS_AT_ONCE }, () => run))
}

/** The same for tasks that use up what they work on. Preparing them does not count. */
export function tasksPerSecond(name: string, prepare: () => () => unknown): Figure {
  return rate(name, () => Array.from({ length: TASKS_AT_ONCE }, prepare))
}

function rate(name: string, tasksAtOnce: () => readonly (() => unknown)[]): Figure {
  const [, ...rates] = Array.from({ length: 1 + ROUNDS }, () => round(tasksAtOnce))
  return { name, value: Math.round(median(rates)), unit: '/s' }
}

function round(tasksAtOnce: () => readonly (() => unknown)[]): number {
  let usedMs = 0
  let done = 0
  while (usedMs < ROUND_MS) {
    const tasks = tasksAtOnce()
    const start = processorMs()
    for (const task of tasks) task()
    usedMs += processorMs() - start
    done += tasks.length
  }
  return done / (usedMs / 1_000)
}

function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
