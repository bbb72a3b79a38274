import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{model,server,renderer,main,tools,simulation}/**/*.test.ts'],
    // Generous: a time-out is for what hangs. A busy machine is ten times slower.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Two cores: more workers only make timings of the slow suites worse.
    maxWorkers: 2,
  },
})
