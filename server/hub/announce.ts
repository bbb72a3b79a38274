/** A hub makes itself known on every interface, answers those who ask, and says when it stops. */
import { type Announcement, recordsOf, SERVICE, TTL_SECONDS } from './announcement.ts'
import { type Link, type LinksOptions, openLinks } from './links.ts'
import { tabletName } from './tabletCertificate.ts'
import { timersOn } from './timers.ts'

/** A first packet may be lost: it is said twice (RFC 6762, section 8.3). */
const AGAIN_MS = 1_000
/** Before what was said is forgotten. */
const REPEAT_MS = (TTL_SECONDS * 1_000) / 3
const FAREWELL_MS = 200

export interface Announcing {
  /** Resolves when the network was told, or cannot be. */
  stop(): Promise<void>
}

/** @param host the only address on which the hub listens; absent if it listens on all */
export function announceHub(announcement: Announcement, options: LinksOptions, host?: string): Announcing {
  const name = tabletName(announcement.deviceId)
  const { later, cancelAll } = timersOn(options.scheduler)

  function say(link: Link, ttl = TTL_SECONDS, sent?: () => void): void {
    if (host === undefined || host === link.address) link.answer(recordsOf(announcement, link.address, ttl), sent)
    else sent?.()
  }

  const links = openLinks(
    {
      onUp(link) {
        say(link)
        later(AGAIN_MS, () => say(link))
      },
      onQuestions(link, names) {
        if (names.some((asked) => asked === SERVICE || asked.toLowerCase() === name)) say(link)
      },
    },
    options,
  )

  function repeat(): void {
    for (const link of links.up()) say(link)
    later(REPEAT_MS, repeat)
  }
  later(REPEAT_MS, repeat)

  return {
    async stop() {
      cancelAll()
      const farewells = links.up().map((link) => new Promise<void>((resolve) => say(link, 0, resolve)))
      const patience = new Promise<void>((resolve) => later(FAREWELL_MS, resolve))
      await Promise.race([Promise.all(farewells), patience])
      cancelAll()
      links.close()
    },
  }
}
