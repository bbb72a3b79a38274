import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export interface Counts {
  passed: number
  failed: number
  skipped: number
  /** Files and full names of what failed. */
  failures: readonly string[]
}

/** Writes how many tests passed, failed and were skipped to the file that `WEDSYNC_COUNTS` names. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { readonly message: string }[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    const failures = errors.map(({ message }) => `outside of a test: ${message}`)
    for (const module of modules) {
      // A file that could not be loaded has no tests to fail.
      if (module.errors().length > 0) {
        counts.failed++
        failures.push(`${module.relativeModuleId}: could not be loaded`)
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'failed') {
          counts.failed++
          failures.push(`${module.relativeModuleId}: ${test.fullName}`)
        } else counts.skipped++
      }
    }
    const file = process.env.WEDSYNC_COUNTS
    if (file) writeFileSync(file, JSON.stringify({ ...counts, failures } satisfies Counts))
  }
}
