/** `/hub`, the switch, and `POST /hub/joins` (`cli.md`). */
import type { Grant } from '../../model/roles.ts'
import { MAX_GRANTED_WEDDINGS } from '../identity/grant.ts'
import { cloudJoin } from './cloudJoin.ts'
import type { Caller, HubSwitch, ServerContext } from './context.ts'
import { forbidden, HttpError, invalid } from './errors.ts'
import { weddingsFor } from './reading.ts'
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

    async createJoin({ caller, origin, body: { role, weddings, vendors, expiresInSeconds, via, approval } }) {
      const { grant } = caller
      if (role === 'owner' && grant.role !== 'owner') throw forbidden('Only an owner may let in another owner')
      const given = weddings ?? grant.weddings
      if (!isWithin(given, grant)) throw forbidden('Nobody may give away weddings that they may not enter')
      if (vendors) await checkVendors(context, caller, { role, weddings: given, vendors })
      const details = { role, weddings: given, ...(vendors && { vendors }), expiresInSeconds, via, approval }
      const subject = { event: 'join', resource: 'POST /hub/joins', caller, origin, details } as const
      if (via === 'cloud' && approval === 'ask') {
        throw new HttpError(
          400,
          'JOIN_VIA_HUB_ONLY',
          'Nobody is asked through the cloud: let the device ask at the hub',
        )
      }
      const wanted = { role, weddings: given, ...(vendors && { vendors }), expiresInSeconds, approval }
      const work = async () => (via === 'cloud' ? cloudJoin(context, wanted) : context.createJoin?.(wanted))
      const links = await context.trail.run(subject, work, (made) => [{ phase: made ? 'done' : 'refused' }])
      if (!links) throw new HttpError(404, 'JOINS_NOT_AVAILABLE', 'This server is not a hub, so nobody can join it')
      return { ...links }
    },
  }
}

/** A row that is not there could be made by somebody else, with whatever is then the invited one's own. */
async function checkVendors(
  context: ServerContext,
  caller: Caller,
  { role, weddings: given, vendors }: Grant & { readonly vendors: readonly string[] },
): Promise<void> {
  if (role !== 'vendor') throw invalid(['vendors: Only a vendor has rows of its own'])
  if (given !== 'all' && given.length + vendors.length > MAX_GRANTED_WEDDINGS) {
    throw invalid([`vendors: At most ${MAX_GRANTED_WEDDINGS} weddings and vendors together`])
  }
  const weddings = await weddingsFor(context, caller)
  const records = await context.stores.changes.records(vendors)
  const unknown = vendors.filter((id) => {
    const record = records.get(id)
    return record?.table !== 'vendors' || !weddings.includes(record.scope)
  })
  if (unknown.length > 0) throw invalid(unknown.map((id) => `vendors: There is no vendor ${id}`))
}

function isWithin(weddings: Grant['weddings'], grant: Grant): boolean {
  if (grant.weddings === 'all') return true
  return weddings !== 'all' && weddings.every((weddingId) => grant.weddings.includes(weddingId))
}
