import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { BREAKAGES } from './breakages.ts'
import { EVENTS } from './events.ts'
import { CATCH_UP_MS, simulate } from './simulation.ts'

/** The long form: `WEDSYNC_SIMULATION_SEEDS=1000 WEDSYNC_SIMULATION_STEPS=1000`. */
const SEEDS = Number(process.env.WEDSYNC_SIMULATION_SEEDS ?? 50)
const STEPS = Number(process.env.WEDSYNC_SIMULATION_STEPS ?? 80)
const SEED_TIMEOUT_MS = 60_000

describe('a wedding team on a bad day', () => {
  it(
    `[2] comes right again whenever the faults stop: ${SEEDS} seeds of ${STEPS} steps`,
    async () => {
      const counts = new Map<string, number>()
      for (let seed = 1; seed <= SEEDS; seed++) {
        const result = await simulate({ seed: String(seed), steps: STEPS })
        expect(result.catchUpMs).toBeLessThanOrEqual(CATCH_UP_MS)
        for (const [what, times] of result.counts) counts.set(what, (counts.get(what) ?? 0) + times)
      }
      // A fault that never happened was not survived either.
      expect(Object.keys(EVENTS).filter((name) => !counts.has(name))).toEqual([])
    },
    SEEDS * SEED_TIMEOUT_MS,
  )

  it('is the same to the last byte when it is had again from its seed, and another from another', async () => {
    const hashes: string[] = []
    for (const seed of ['once', 'once', 'other']) hashes.push((await simulate({ seed, steps: 60 })).traceHash)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
  })
})

describe('an engine that was broken on purpose', () => {
  it.each(BREAKAGES)(
    'is found out if it $name',
    async ({ name, rule }) => {
      const { code, output } = await runBroken(name)
      expect(output).toMatch(rule)
      expect(code).toBe(1)
    },
    120_000,
  )
})

function runBroken(name: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const args = [
    '--import',
    file('breakEngine.ts'),
    file('run.ts'),
    '--seeds',
    '40',
    '--steps',
    '400',
    '--first-failure',
  ]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, WEDSYNC_BREAKAGE: name } }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, output: stdout + stderr })
    })
  })
}
