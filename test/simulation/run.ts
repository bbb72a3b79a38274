/**
 * `npm run simulate -- --seeds N --steps N [--from S] [--seed S] [--trace] [--first-failure]`: runs the
 * simulation from N seeds, or from one. Says which seeds failed and how; exits with 1 if any did. With `--first-failure`, no
 * more is run than up to it; with `--from`, the first seed is that number and not 1.
 */
import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '50' },
    steps: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'first-failure': { type: 'boolean', default: false },
  },
})
const steps = wholeNumber('--steps', values.steps)
const from = wholeNumber('--from', values.from)
const seeds =
  values.seed !== undefined
    ? [values.seed]
    : Array.from({ length: wholeNumber('--seeds', values.seeds) }, (_, n) => String(from + n))

const counts = new Map<string, number>()
let failed = 0
let catchUpMs = 0
let virtualMs = 0
let writes = 0
let frames = 0
const startMs = performance.now()
for (const [n, seed] of seeds.entries()) {
  try {
    const result = await simulate({
      seed,
      steps,
      ...(values.trace && { onTrace: (line) => process.stdout.write(line) }),
    })
    for (const [what, times] of result.counts) counts.set(what, (counts.get(what) ?? 0) + times)
    catchUpMs = Math.max(catchUpMs, result.catchUpMs)
    virtualMs += result.virtualMs
    writes += result.writes
    frames += result.frames
    if (seeds.length === 1) process.stdout.write(`trace ${result.traceHash}\n`)
  } catch (cause) {
    failed++
    process.stdout.write(
      `${cause instanceof Error ? (cause.name === 'SimulationFailure' ? cause.message : cause.stack) : cause}\n`,
    )
    process.stdout.write(`  again: npm run simulate -- --seed ${seed} --steps ${steps}\n`)
    if (values['first-failure']) break
  }
  if ((n + 1) % 50 === 0) process.stdout.write(`${n + 1} seeds, ${failed} failed, ${seconds()} s\n`)
}
const happened = [...counts].map(([what, times]) => `${what} ${times}`).sort()
process.stdout.write(`${happened.join(', ')}\n`)
process.stdout.write(
  `${seeds.length} seeds of ${steps} steps in ${seconds()} s: ${failed} failed. ${writes} values written, ${frames} messages, ` +
    `${Math.round(virtualMs / 3_600_000)} h of virtual time, caught up within ${catchUpMs / 1_000} s.\n`,
)
process.exitCode = failed === 0 ? 0 : 1

function seconds(): number {
  return Math.round((performance.now() - startMs) / 1_000)
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  process.stderr.write(`${option} needs a whole number from 1, not ${text}\n`)
  process.exit(2)
}
