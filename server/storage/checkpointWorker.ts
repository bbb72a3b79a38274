/** The thread of `checkpoints.ts`, with a connection of its own. Ends when it is told so. */
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import type { CheckpointPlace } from './checkpoints.ts'
import { openDatabase } from './open.ts'

const { file, key }: CheckpointPlace = workerData
const opened = openDatabase(file, key)
if (!opened.ok) throw new Error(`the log cannot be folded back: ${opened.error.detail}`)
const database = opened.value

/** Where others write without a pause it never ends. */
const MOST_PASSES = 10

const passed = z.tuple([z.object({ log: z.number() })])

/**
 * Passive: nobody waits for it, and what is written meanwhile is left. Only when nothing is left does the log begin anew, and
 * until then it grows. So one pass follows the other, each for the little that was written during the one before.
 */
function foldBack(): void {
  let before: number | undefined
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const [{ log }] = passed.parse(database.pragma('wal_checkpoint(PASSIVE)'))
    if (log === before) return
    before = log
  }
}

parentPort?.on('message', (order) => {
  if (order === 'close') {
    database.close()
    parentPort?.close()
    return
  }
  foldBack()
  parentPort?.postMessage('done')
})
