import { defineConfig } from 'vitest/config'

/** Switches RxDB's development mode on, for good and for all of its process. */
const CHANGES_ITS_PROCESS = 'test/server/storage/rxdb.test.ts'

export default defineConfig({
  test: {
    // Generous: a time-out is for what hangs. A busy machine is ten times slower.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Two cores: more workers only make timings of the slow suites worse.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/{model,server,renderer,main,tools,simulation}/**/*.test.ts'],
          exclude: [CHANGES_ITS_PROCESS],
          // Loading RxDB, Express and zod anew for each of 200 files takes longer than most of them.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: [CHANGES_ITS_PROCESS] } },
    ],
  },
})
