import { defineConfig } from 'vitest/config'

/** Real processes and real browsers: two files at a time, since most of it is waiting, with time for slow machines. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})
