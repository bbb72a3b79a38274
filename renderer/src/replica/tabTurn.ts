/** Which tab holds the data of the tablet: the one that was there first. When it is closed or has crashed, the next. */
import { TABLET_DATABASE } from './tabletDatabase.ts'

export interface Turn {
  readonly isOurs: boolean
  /** Resolves when this tab is the one that holds the data, from then on until it is closed. */
  readonly comes: Promise<void>
}

/** Asks for it, once for each page. Two tabs that both counted their changes would give one place in the log to two of them. */
export async function takeTurn(): Promise<Turn> {
  if (await request({ ifAvailable: true })) return { isOurs: true, comes: Promise.resolve() }
  return { isOurs: false, comes: request({}).then(() => undefined) }
}

/** @returns whether the lock was given to this tab, which then holds it for good */
function request(options: LockOptions): Promise<boolean> {
  return new Promise((resolve) => {
    void navigator.locks.request(TABLET_DATABASE, options, (lock) => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise(() => undefined)
    })
  })
}
