/**
 * Starts an install on its store. What is damaged may be a page that the start is the first to read, when the store is
 * open already: then it is noted, and the store is opened once more, which repairs it (`soundStore.ts`).
 */
import { err, type Result } from '../../model/result.ts'
import type { DataDir } from '../identity/dataDir.ts'
import type { Log } from '../log.ts'
import type { OpenError } from '../storage/open.ts'
import { isDamage, noteDamage, openSoundStore, type SoundStore } from './soundStore.ts'

/** A part that has begun to work. */
export interface Stoppable {
  stop(): unknown
}

/** @param begun gets every part that has begun to work, for whoever stops them if the start does not come to its end */
type Start<T, E> = (sound: SoundStore, begun: Stoppable[]) => Promise<Result<T, E>>

export interface DatabaseError {
  readonly kind: 'database'
  readonly error: OpenError
}

/** If it fails or throws, what has begun is stopped and the store is closed. */
export async function startOverDamage<T, E>(
  dataDir: DataDir,
  log: Log,
  start: Start<T, E>,
): Promise<Result<T, E | DatabaseError>> {
  let started: Result<T, E | DatabaseError> | 'damaged' = 'damaged'
  for (let attempt = 1; started === 'damaged'; attempt += 1) started = await startOnce(dataDir, log, start, attempt > 1)
  return started
}

async function startOnce<T, E>(
  dataDir: DataDir,
  log: Log,
  start: Start<T, E>,
  isRepaired: boolean,
): Promise<Result<T, E | DatabaseError> | 'damaged'> {
  const sound = await openSoundStore(dataDir, log)
  if (!sound.ok) return err({ kind: 'database', error: sound.error })
  const begun: Stoppable[] = []
  let started: Result<T, E> | undefined
  try {
    started = await start(sound.value, begun)
    return started
  } catch (error) {
    if (isRepaired || !isDamage(error)) throw error
    log('the database is damaged: it is opened again and repaired', { detail: error.message })
    noteDamage(dataDir.databaseFile, error.message)
    return 'damaged'
  } finally {
    if (!started?.ok) {
      await Promise.all(begun.map((part) => part.stop()))
      await sound.value.store.close()
    }
  }
}
