/** `POST /hub` and `POST /hub/joins` (`cli.md`). */
import type { Grant } from '../../model/roles.ts'
import { cloudJoin } from './cloudJoin.ts'
import type { ServerContext } from './context.ts'
import { forbidden, HttpError } from './errors.ts'
import type { Handlers } from './router.ts'

export function hubHandlers(context: ServerContext): Pick<Handlers, 'startHub' | 'createJoin'> {
  return {
    async startHub({ caller, origin }) {
      if (!context.startHub) throw new HttpError(404, 'HUB_NOT_AVAILABLE', 'This server cannot become a hub')
      const { startHub } = context
      const subject = { event: 'hub', resource: 'POST /hub', caller, origin } as const
      const started = await context.trail.run(subject, startHub, ({ ok }) => [{ phase: ok ? 'done' : 'failed' }])
      if (started.ok) return { ...started.value }
      throw new HttpError(409, 'HUB_NOT_STARTED', `The hub could not be started: ${started.error.kind}`)
    },

    async createJoin({ caller, origin, body: { role, weddings, expiresInSeconds, via } }) {
      const { grant } = caller
      if (role === 'owner' && grant.role !== 'owner') throw forbidden('Only an owner may let in another owner')
      const given = weddings ?? grant.weddings
      if (!isWithin(given, grant)) throw forbidden('Nobody may give away weddings that they may not enter')
      const details = { role, weddings: given, expiresInSeconds, via }
      const subject = { event: 'join', resource: 'POST /hub/joins', caller, origin, details } as const
      const wanted = { role, weddings: given, expiresInSeconds }
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
