/** How much room a browser leaves us, in words. Pure, but for asking. */
import { z } from 'zod'

/** Below this, some hundred photos more fill it. */
const LITTLE_BYTES = 100_000_000

export interface Room {
  readonly usage?: number | undefined
  readonly quota?: number | undefined
  /** The browser has promised not to clear it by itself when the device runs out of space. */
  readonly persisted: boolean
}

/** What the browser says; `undefined` if it says nothing. */
export async function askForRoom(storage: StorageManager | undefined): Promise<Room | undefined> {
  if (!storage?.estimate) return undefined
  const { usage, quota } = await storage.estimate()
  return { usage, quota, persisted: (await storage.persisted?.()) ?? false }
}

/** A sentence for people, if there is something to tell. */
export function roomNotice({ usage, quota, persisted }: Room): string | undefined {
  if (usage === undefined || quota === undefined || quota - usage >= LITTLE_BYTES) return undefined
  const left = Math.max(0, Math.floor((quota - usage) / 1_000_000))
  const risk = persisted ? '' : ' The browser may also clear it: stay near the hub until everything is sent.'
  return `This browser has ${left} MB left for WedSync. Free some space on this device, or new edits and photos do not fit.${risk}`
}

const named = z.object({ name: z.string(), inner: z.unknown(), cause: z.unknown() }).partial()
const MAX_DEPTH = 5

/** Whether something could not be stored because there is no room; Dexie wraps the browser's error once or twice. */
export function isOutOfRoom(error: unknown, depth = 0): boolean {
  const read = named.safeParse(error)
  if (!read.success || depth > MAX_DEPTH) return false
  const { name, inner, cause } = read.data
  return name === 'QuotaExceededError' || isOutOfRoom(inner, depth + 1) || isOutOfRoom(cause, depth + 1)
}
