import { BehaviorSubject } from 'rxjs'
import type { PresenceState } from '../../../model/rest/presence.ts'
import type { PageApi } from '../replica/api.ts'
import { createPresence, type Other, otherOf, type Presence } from './presence.ts'

const EVERY_MS = 2_000

/** Through this computer's own server, which has to be told again and again: it forgets a window that is silent. */
export function installPresence(api: PageApi): Presence {
  const others = new BehaviorSubject<readonly Other[]>([])
  let now: { readonly weddingId: string | null; readonly state: PresenceState } = { weddingId: null, state: {} }
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsking = false
  let isNews = false

  async function ask(): Promise<void> {
    if (isAsking) {
      isNews = true
      return
    }
    clearTimeout(timer)
    isAsking = true
    do {
      isNews = false
      const answer = await api.presence({ body: now })
      // A server that does not answer is shown by the status; nobody is known to be here then.
      others.next(
        answer.ok ? answer.value.devices.map((told) => otherOf(told.deviceId, told.weddingId, told.state)) : [],
      )
    } while (isNews)
    isAsking = false
    timer = setTimeout(() => void ask(), EVERY_MS)
  }

  void ask()
  return createPresence(others, (weddingId, state) => {
    now = { weddingId, state }
    void ask()
  })
}
