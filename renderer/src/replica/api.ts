/** Calls to the server that gave this page. */
import { z } from 'zod'
import { type Client, createClient } from '../../../model/client/client.ts'
import { joinAsk, joinPending } from '../../../model/identity/joinCode.ts'
import { errorReply } from '../../../model/rest/error.ts'
import { route } from '../../../model/rest/route.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { WINDOW_ROUTES } from '../../../model/rest/window.ts'
import { roleName } from '../../../model/roles.ts'

const TIMEOUT_MS = 10_000

/** What a browser is told of its place in the team, and keeps. */
export const membership = z.object({
  team: z.object({ id: z.uuid() }),
  userId: z.uuid(),
  deviceId: z.string(),
  grant: z.object({
    role: roleName,
    weddings: z.union([z.literal('all'), z.array(z.uuid())]),
    vendors: z.array(z.uuid()).exactOptional(),
  }),
  token: z.string(),
  hub: z.object({ name: z.string() }),
})

const joinRequest = z.object({
  kind: z.literal('browser'),
  secret: z.string(),
  personName: z.string(),
  deviceName: z.string(),
  ask: joinAsk,
})

const PAGE_ROUTES = {
  ...ROUTES,
  ...WINDOW_ROUTES,
  join: route({
    method: 'POST',
    path: '/join',
    summary: 'Presents the secret of a link',
    access: 'anyone',
    body: joinRequest,
    replies: {
      200: z.union([membership, joinPending]),
      202: joinPending,
      400: errorReply,
      403: errorReply,
      409: errorReply,
      410: errorReply,
    },
  }),
} as const

export type PageApi = Client<typeof PAGE_ROUTES>

/**
 * @param token of the window's launch, or of the tablet's place in the team; none before it has one
 * @param origin of the server at the moment; by default the one that gave this page
 */
export function pageApi(token?: string, origin: () => string = () => ''): PageApi {
  return createClient(PAGE_ROUTES, {
    server: '',
    ...(token !== undefined && { token }),
    fetch: (url, init) => fetch(`${origin()}${url}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
  })
}
