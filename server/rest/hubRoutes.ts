/** `POST /hub` and `POST /hub/joins` (`cli.md`). */
import type { RequestHandler, Router } from 'express'
import { type HubReply, type JoinReply, joinRequest } from '../../model/rest/hub.ts'
import { type Grant, mayServeAsHub } from '../../model/roles.ts'
import type { ServerContext } from './context.ts'
import { echoing, forbidden, HttpError, methodNotAllowed, parseInput } from './errors.ts'
import { callerOf } from './requestState.ts'

export function addHubRoutes(router: Router, context: ServerContext): void {
  router.route('/hub').post(startHub(context)).all(methodNotAllowed)
  router.route('/hub/joins').post(createJoin(context)).all(methodNotAllowed)
}

function startHub(context: ServerContext): RequestHandler {
  return async (request, response) => {
    const reply = await echoing({}, async (): Promise<HubReply> => {
      if (!mayServeAsHub(callerOf(request).grant))
        throw forbidden('Only a device that may read everything may be a hub')
      if (!context.startHub) throw new HttpError(404, 'HUB_NOT_AVAILABLE', 'This server cannot become a hub')
      const started = await context.startHub()
      if (started.ok) return { ...started.value }
      throw new HttpError(409, 'HUB_NOT_STARTED', `The hub could not be started: ${started.error.kind}`)
    })
    response.json(reply)
  }
}

function createJoin(context: ServerContext): RequestHandler {
  return async (request, response) => {
    const reply = await echoing({}, async (): Promise<JoinReply> => {
      const { grant } = callerOf(request)
      if (grant.role !== 'owner' && !mayServeAsHub(grant))
        throw forbidden('This caller may not let others into the team')
      const { role, weddings, expiresInSeconds, via } = parseInput(joinRequest, request.body)
      if (via === 'cloud') {
        throw new HttpError(
          400,
          'JOIN_VIA_HUB_ONLY',
          'In this version a device joins through a hub only, not through the cloud',
        )
      }
      if (role === 'owner' && grant.role !== 'owner') throw forbidden('Only an owner may let in another owner')
      const given = weddings ?? grant.weddings
      if (!isWithin(given, grant)) throw forbidden('Nobody may give away weddings that they may not enter')
      const links = await context.createJoin?.({ role, weddings: given, expiresInSeconds })
      if (!links) throw new HttpError(404, 'JOINS_NOT_AVAILABLE', 'This server is not a hub, so nobody can join it')
      return { ...links }
    })
    response.json(reply)
  }
}

function isWithin(weddings: Grant['weddings'], grant: Grant): boolean {
  if (grant.weddings === 'all') return true
  return weddings !== 'all' && weddings.every((weddingId) => grant.weddings.includes(weddingId))
}
