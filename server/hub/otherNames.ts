/**
 * Pages that came from this team's hub by another of its names. When a laptop has taken over, the browser of a tablet still keeps the
 * address of the one that is gone under the name of the page, so the page calls a name that it has never asked for
 * (decision 0046), which to the browser is another origin.
 */
import type { RequestHandler } from 'express'
import { isHostOf } from '../../model/identity/teamHost.ts'

const METHODS = 'GET, HEAD, POST, PUT, DELETE'
const KEEP_SECONDS = '600'

/** Lets such pages call, and no others (CORS). Who may do what, their token says as ever. @param host of the team */
export function allowOtherNames(host: string): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers
    response.vary('Origin')
    if (origin === undefined || !isOfTeam(host, origin)) return next()
    response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': '*' })
    const asked = request.get('Access-Control-Request-Method')
    if (request.method !== 'OPTIONS' || asked === undefined) return next()
    response
      .set({
        'Access-Control-Allow-Methods': METHODS,
        'Access-Control-Allow-Headers': request.get('Access-Control-Request-Headers') ?? '',
        'Access-Control-Max-Age': KEEP_SECONDS,
      })
      .status(204)
      .end()
  }
}

function isOfTeam(host: string, origin: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' && isHostOf(host, hostname)
}
