import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { folderForTest, MIB } from './support.ts'

const SCRIPT = fileURLToPath(new URL('largeBlob.ts', import.meta.url))
const LIMIT_BYTES = 64 * MIB

it('[8] a blob of 200 MiB, stored in two halves and read back, takes a small part of its size in memory', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, folderForTest()])
  const told = z
    .object({ beforeBytes: z.number(), mostBytes: z.number(), isSame: z.boolean() })
    .parse(JSON.parse(stdout))
  expect(told.isSame).toBe(true)
  expect(told.mostBytes - told.beforeBytes).toBeLessThan(LIMIT_BYTES)
}, 120_000)
