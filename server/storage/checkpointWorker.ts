/** The thread of `checkpoints.ts`, with a connection of its own. Ends when it is told so. */
import { parentPort, workerData } from 'node:worker_threads'
import type { CheckpointPlace } from './checkpoints.ts'
import { openDatabase } from './open.ts'

const { file, key }: CheckpointPlace = workerData
const opened = openDatabase(file, key)
if (!opened.ok) throw new Error(`the log cannot be folded back: ${opened.error.detail}`)
const database = opened.value

parentPort?.on('message', (order) => {
  if (order === 'close') {
    database.close()
    parentPort?.close()
    return
  }
  // Passive: nobody waits for it, and what is written meanwhile is left to the next one.
  database.pragma('wal_checkpoint(PASSIVE)')
  parentPort?.postMessage('done')
})
