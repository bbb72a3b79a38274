import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{model,server,renderer,main,tools,simulation}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores: more workers only make timings of the slow suites worse.
    maxWorkers: 2,
  },
})
