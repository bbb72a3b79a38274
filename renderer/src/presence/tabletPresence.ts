import { Observable } from 'rxjs'
import type { PresenceRoom } from '../../../model/sync/presence.ts'
import { createPresence, type Other, otherOf, type Presence } from './presence.ts'

/** A presence that was not repeated lapses without a word. */
const LOOK_EVERY_MS = 5_000

/** Through the tablet's own sync engine. */
export function tabletPresence(room: PresenceRoom): Presence {
  const others = new Observable<readonly Other[]>((subscriber) => {
    const look = () =>
      subscriber.next(room.present().map(({ deviceId, scope, state }) => otherOf(deviceId, scope, state)))
    look()
    const unsubscribe = room.subscribe(look)
    const timer = setInterval(look, LOOK_EVERY_MS)
    return () => {
      unsubscribe()
      clearInterval(timer)
    }
  })
  let last: string | undefined
  return createPresence(others, (weddingId, state) => {
    if (weddingId !== null) room.announce(weddingId, state)
    else if (last !== undefined) room.announce(last, null)
    last = weddingId ?? undefined
  })
}
