import { notifications } from '@mantine/notifications'
import { useCallback, useState } from 'react'
import { isOutOfRoom } from '../replica/room.ts'

/** From here on a person should know that it is not stored yet. */
const SLOW_MS = 4_000

export interface Saving {
  readonly busy: boolean
  /** Why the last attempt failed, for the form that it came from. */
  readonly failure: string | undefined
  /**
   * Runs the work and says so if it fails or takes long; never rejects.
   * @param what completes "Could not save …", such as `the tick at “Ceremony”`
   */
  readonly save: (what: string, work: () => Promise<void>, onSaved?: () => void) => Promise<void>
}

/** The one way in which the screens store something: no failure goes unseen. */
export function useSave(): Saving {
  const [running, setRunning] = useState(0)
  const [failure, setFailure] = useState<string>()
  const save = useCallback(async (what: string, work: () => Promise<void>, onSaved?: () => void) => {
    setRunning((count) => count + 1)
    setFailure(undefined)
    const slowNotice = crypto.randomUUID()
    const slow = setTimeout(() => tellSlow(slowNotice, what), SLOW_MS)
    try {
      await work()
    } catch (cause) {
      const advice = isOutOfRoom(cause)
        ? `Could not save ${what}: this device has no room left for it. Free some space and try again. What was saved before is still there.`
        : `Could not save ${what}. Try again; if it fails again, write it down and restart the app. (${reasonOf(cause)})`
      setFailure(advice)
      notifications.show({ color: 'red', title: 'Not saved', message: advice, autoClose: false })
      return
    } finally {
      clearTimeout(slow)
      notifications.hide(slowNotice)
      setRunning((count) => count - 1)
    }
    onSaved?.()
  }, [])
  return { busy: running > 0, failure, save }
}

function tellSlow(id: string, what: string): void {
  const message = `Still saving ${what}. Keep this window open; it tells you if it fails.`
  notifications.show({ id, color: 'yellow', title: 'Not saved yet', message, autoClose: false, loading: true })
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
