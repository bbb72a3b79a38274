/** The hubs that announce themselves on the networks this machine is in, of its own team and of others. */
import { type Announcement, endorsementBy, hubsIn, SERVICE } from './announcement.ts'
import { type LinksOptions, openLinks } from './links.ts'
import { timersOn } from './timers.ts'

/** When to ask on an interface that has come up, and then for good: answers get lost on bad Wi-Fi. */
const ASK_AFTER_MS = [0, 1_000, 3_000] as const
const ASK_EVERY_MS = 20_000
/** More than a venue ever has. Whoever invents others is listened to no further. */
const MAX_HUBS = 200

export interface FoundHub {
  readonly deviceId: string
  readonly url: string
  /** The device of this id may serve this team as hub. That it is the one that answers, its certificate has to prove. */
  readonly ofOwnTeam: boolean
  /** The team has another key by now, of which it will tell. */
  readonly isAhead: boolean
}

export interface FindOptions extends LinksOptions {
  /** The team's public key; it changes when this device joins another team. */
  readonly teamKey: () => string
  readonly onChange: () => void
}

export interface Finding {
  hubs(): readonly FoundHub[]
  /** It does not answer there: the next word of it is news. */
  forget(hub: Pick<FoundHub, 'deviceId' | 'url'>): void
  /** Who is there answers at once. */
  ask(): void
  stop(): void
}

/** What was heard where, and until when (ms since 1970 UTC) that holds. */
interface Place extends Announcement {
  readonly url: string
  readonly until: number
}

export function findHubs({ teamKey, onChange, ...options }: FindOptions): Finding {
  const { scheduler } = options
  /** By device and address: a hub that is in two networks with us can be reached in both. */
  const found = new Map<string, Place>()
  const { later, cancelAll } = timersOn(scheduler)

  const links = openLinks(
    {
      onUp(link) {
        for (const ms of ASK_AFTER_MS) later(ms, () => link.ask(SERVICE))
      },
      onRecords(records, from) {
        for (const heard of hubsIn(records)) {
          const url = `https://${from}:${heard.port}`
          const key = keyOf({ ...heard, url })
          const known = found.has(key)
          if (heard.ttl === 0) found.delete(key)
          else if (known || found.size < MAX_HUBS) {
            found.set(key, { ...heard, url, until: scheduler.now() + heard.ttl * 1_000 })
          }
          if (known !== found.has(key)) onChange()
        }
      },
    },
    options,
  )

  function ask(): void {
    for (const link of links.up()) link.ask(SERVICE)
  }

  function refresh(): void {
    ask()
    forgetOld()
    later(ASK_EVERY_MS, refresh)
  }
  later(ASK_EVERY_MS, refresh)

  function forgetOld(): void {
    const before = found.size
    for (const [key, { until }] of found) if (until <= scheduler.now()) found.delete(key)
    if (found.size !== before) onChange()
  }

  return {
    hubs() {
      const key = teamKey()
      return [...found.values()].map((place) => ({
        deviceId: place.deviceId,
        url: place.url,
        ...placeInTeam(place, key),
      }))
    },
    forget: (hub) => found.delete(keyOf(hub)),
    ask,
    stop() {
      cancelAll()
      links.close()
    },
  }
}

function placeInTeam(place: Announcement, teamKey: string): Pick<FoundHub, 'ofOwnTeam' | 'isAhead'> {
  const endorsed = endorsementBy(place, teamKey)
  return { ofOwnTeam: endorsed !== undefined, isAhead: endorsed === 'ahead' }
}

function keyOf({ deviceId, url }: Pick<FoundHub, 'deviceId' | 'url'>): string {
  return `${deviceId} ${url}`
}
