/** `/hub`, the switch, and `POST /hub/joins` (`cli.md`). */
import type { Grant } from '../../model/roles.ts'
import { cloudJoin } from './cloudJoin.ts'
import type { Caller, HubSwitch, ServerContext } from './context.ts'
import { forbidden, HttpError } from './errors.ts'
import type { Handlers } from './router.ts'

export function hubHandlers(
  context: ServerContext,
): Pick<Handlers, 'hubState' | 'setHub' | 'startHub' | 'stopHub' | 'createJoin'> {
  function hubSwitch(): HubSwitch {
    if (!context.hubSwitch) throw new HttpError(404, 'HUB_NOT_AVAILABLE', 'This server cannot become a hub')
    return context.hubSwitch
  }

  /** A hub that anybody in the team could switch off from afar would be none. */
  function ownSwitch(caller: Caller): HubSwitch {
    const found = hubSwitch()
    if (!context.isOwn?.(caller)) throw forbidden('Only at the device itself can this be switched')
    return found
  }

  return {
    hubState: () => hubSwitch().state(),

    async setHub({ caller, body: { takesOver } }) {
      const own = ownSwitch(caller)
      await own.setTakesOver(takesOver)
      return own.state()
    },

    async stopHub({ caller, origin }) {
      const own = ownSwitch(caller)
      const subject = { event: 'hub', resource: 'DELETE /hub', caller, origin } as const
      await context.trail.run(subject, own.stop, () => [{ phase: 'done' }])
      return undefined
    },

    async startHub({ caller, origin }) {
      if (!context.startHub) throw new HttpError(404, 'HUB_NOT_AVAILABLE', 'This server cannot become a hub')
      const { startHub } = context
      const subject = { event: 'hub', resource: 'POST /hub', caller, origin } as const
      const started = await context.trail.run(subject, startHub, ({ ok }) => [{ phase: ok ? 'done' : 'failed' }])
      if (started.ok) return { ...started.value }
      throw new HttpError(409, 'HUB_NOT_STARTED', `The hub could not be started: ${started.error.kind}`)
    },

    async createJoin({ caller, origin, body: { role, weddings, expiresInSeconds, via, approval } }) {
      const { grant } = caller
      if (role === 'owner' && grant.role !== 'owner') throw forbidden('Only an owner may let in another owner')
      const given = weddings ?? grant.weddings
      if (!isWithin(given, grant)) throw forbidden('Nobody may give away weddings that they may not enter')
      const details = { role, weddings: given, expiresInSeconds, via, approval }
      const subject = { event: 'join', resource: 'POST /hub/joins', caller, origin, details } as const
      if (via === 'cloud' && approval === 'ask') {
        throw new HttpError(
          400,
          'JOIN_VIA_HUB_ONLY',
          'Nobody is asked through the cloud: let the device ask at the hub',
        )
      }
      const wanted = { role, weddings: given, expiresInSeconds, approval }
      const work = async () => (via === 'cloud' ? cloudJoin(context, wanted) : context.createJoin?.(wanted))
      const links = await context.trail.run(subject, work, (made) => [{ phase: made ? 'done' : 'refused' }])
      if (!links) throw new HttpError(404, 'JOINS_NOT_AVAILABLE', 'This server is not a hub, so nobody can join it')
      return { ...links }
    },
  }
}

function isWithin(weddings: Grant['weddings'], grant: Grant): boolean {
  if (grant.weddings === 'all') return true
  return weddings !== 'all' && weddings.every((weddingId) => grant.weddings.includes(weddingId))
}
