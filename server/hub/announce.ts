/** A hub makes itself known on every interface, answers those who ask, and says when it stops. */
import { isHostOf } from '../../model/identity/teamHost.ts'
import { type Announced, addressRecord, recordsOf, SERVICE, TTL_SECONDS } from './announcement.ts'
import { type Link, type LinksOptions, openLinks } from './links.ts'
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

/** @param serves whether the hub answers at this address of its machine */
export function announceHub(
  announced: Announced,
  options: LinksOptions,
  serves: (address: string) => boolean,
): Announcing {
  const { later, cancelAll } = timersOn(options.scheduler)

  function say(link: Link, ttl = TTL_SECONDS, sent?: () => void): void {
    if (serves(link.address)) link.answer(recordsOf(announced, link.address, ttl), sent)
    else sent?.()
  }

  const links = openLinks(
    {
      onUp(link) {
        say(link)
        later(AGAIN_MS, () => say(link))
      },
      onQuestions(link, names) {
        if (names.includes(SERVICE)) say(link)
        const asked = names.filter((name) => isHostOf(announced.host, name))
        if (asked.length > 0 && serves(link.address)) {
          link.answer(asked.map((name) => addressRecord(name, link.address)))
        }
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
