/** A client of the live channel, as a test follows it. */
import type { WebSocket } from 'ws'
import { type LiveEvent, liveEvent } from '../../../model/rest/live.ts'

export interface Line {
  readonly events: readonly LiveEvent[]
  /** The first event, seen or still to come, that is as wanted. */
  next(wanted: (event: LiveEvent) => boolean): Promise<LiveEvent>
  /** Resolves with code and reason when the server hangs up. */
  readonly closed: Promise<string>
  readonly socket: WebSocket
}

export function follow(socket: WebSocket): Line {
  const events: LiveEvent[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (data) => {
    events.push(liveEvent.parse(JSON.parse(data.toString())))
    for (const look of waiting) look()
  })
  const closed = new Promise<string>((resolve) => {
    socket.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`))
    socket.once('error', ({ message }) => resolve(message))
  })
  return {
    events,
    closed,
    socket,
    next: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events.find(wanted)
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
