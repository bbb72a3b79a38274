/** `npm test`: builds the pages, runs all test runners, and ends with one line over all of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { run } from './run.ts'

const counts = z.object({
  passed: z.number(),
  failed: z.number(),
  skipped: z.number(),
  failures: z.array(z.string()),
})

const RUNNERS = [
  { name: 'unit', config: 'vitest.config.ts' },
  { name: 'end to end', config: 'vitest.e2e.config.ts' },
] as const

const dir = mkdtempSync(join(tmpdir(), 'wedsync-tests-'))
const total = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
try {
  const build = await run('vite', ['build', '-c', 'renderer/vite.config.ts', '--logLevel', 'error'])
  if (build.code !== 0) total.failed++
  for (const [index, { name, config }] of RUNNERS.entries()) {
    process.stdout.write(`── ${name}\n`)
    const file = join(dir, `${index}.json`)
    const args = ['run', '-c', config, '--reporter=default', '--reporter=./test/tools/countReporter.ts']
    const { code } = await run('vitest', args, { env: { WEDSYNC_COUNTS: file } })
    const ran = readCounts(file)
    total.passed += ran.passed
    total.skipped += ran.skipped
    failures.push(...ran.failures)
    // A runner that ends badly without a failed test has failed itself.
    total.failed += ran.failed === 0 && code !== 0 ? 1 : ran.failed
    if (ran.passed === 0) total.failed++
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
// Named once more at the end, where whoever reads only the last page finds them.
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`)
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)

function readCounts(file: string): z.infer<typeof counts> {
  try {
    return counts.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    process.stdout.write(`The runner left no counts: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    return { passed: 0, failed: 1, skipped: 0, failures: [] }
  }
}
