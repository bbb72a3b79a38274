/**
 * Who is here just now, on which device, doing what: told from peer to peer, kept in memory only. What a device says of
 * itself is opaque here. A statement has a number of its device; the higher one holds, and is passed on once, so that
 * rings of hubs come to rest. It lapses if it is not repeated.
 */
import type { Presence } from '../wire/index.ts'
import { MAX_PRESENCE_CHARS, MAX_PRESENT } from '../wire/presence.ts'
import type { Scheduler } from './scheduler.ts'

/** A statement that was not repeated for this long has lapsed. */
export const PRESENCE_LIFE_MS = 60_000
const REPEAT_MS = 20_000

export interface Present {
  readonly deviceId: string
  readonly scope: string
  readonly state: unknown
}

/** What one session has to do with it. */
export interface PresenceLine {
  /** Tells the peer, if it takes part in the scope. */
  tell(device: Statement): void
}

type Statement = Presence['devices'][number]

export interface PresenceRoom {
  /** What this device does, in one wedding; `null`: nothing any more. JSON of at most 2,000 characters. */
  announce(scope: string, state: unknown): void
  /** Who is here, this device left out. */
  present(): readonly Present[]
  subscribe(listener: () => void): () => void
  /** A session is there: tells it who is present, and from now on each change. Returns its end. */
  join(line: PresenceLine): () => void
  /** A peer has told us. */
  hear(message: Presence, from: PresenceLine): void
  close(): void
}

interface Heard {
  readonly statement: Statement
  readonly from: PresenceLine | undefined
  readonly heardAtMs: number
}

export function openPresence(deviceId: () => string, scheduler: Scheduler): PresenceRoom {
  const devices = new Map<string, Heard>()
  const lines = new Set<PresenceLine>()
  const listeners = new Set<() => void>()
  let cancelRepeat: (() => void) | undefined

  function note(statement: Statement, from?: PresenceLine): void {
    const known = devices.get(statement.deviceId)
    if (known && known.statement.nth >= statement.nth) return
    if (!known && devices.size >= MAX_PRESENT) return
    devices.set(statement.deviceId, { statement, from, heardAtMs: scheduler.now() })
    for (const line of lines) if (line !== from) line.tell(statement)
    for (const listener of listeners) listener()
  }

  function forgetLapsed(): void {
    for (const [id, { heardAtMs }] of devices) {
      if (scheduler.now() - heardAtMs > PRESENCE_LIFE_MS) devices.delete(id)
    }
  }

  function repeat(): void {
    const own = devices.get(deviceId())
    if (!own || own.statement.state === null) return
    note({ ...own.statement, nth: nextNumber(own) })
    cancelRepeat = scheduler.after(REPEAT_MS, repeat)
  }

  /** Grows also from one run of the program to the next. */
  function nextNumber(own: Heard | undefined): number {
    return Math.max(Math.floor(scheduler.now()), (own?.statement.nth ?? 0) + 1)
  }

  return {
    announce(scope, state) {
      if (JSON.stringify(state).length > MAX_PRESENCE_CHARS) throw new Error('a presence is at most 2,000 characters')
      forgetLapsed()
      const id = deviceId()
      note({ deviceId: id, nth: nextNumber(devices.get(id)), scope, state })
      cancelRepeat?.()
      if (state !== null) cancelRepeat = scheduler.after(REPEAT_MS, repeat)
    },
    present() {
      forgetLapsed()
      return [...devices.values()]
        .filter(({ statement }) => statement.deviceId !== deviceId() && statement.state !== null)
        .map(({ statement: { nth: _, ...present } }) => present)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    join(line) {
      forgetLapsed()
      lines.add(line)
      for (const { statement } of devices.values()) if (statement.state !== null) line.tell(statement)
      return () => {
        lines.delete(line)
        // Whoever was heard through it alone may be gone; if not, they repeat themselves elsewhere.
        for (const { statement, from } of [...devices.values()]) {
          if (from === line && statement.state !== null) note({ ...statement, nth: statement.nth + 1, state: null })
        }
      }
    },
    hear(message, from) {
      forgetLapsed()
      for (const statement of message.devices) {
        if (statement.deviceId === deviceId()) continue
        if (JSON.stringify(statement.state ?? null).length <= MAX_PRESENCE_CHARS) note(statement, from)
      }
    },
    close() {
      cancelRepeat?.()
      listeners.clear()
    },
  }
}
