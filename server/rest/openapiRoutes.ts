/** `GET /openapi.json`, and `GET /docs`, the same to be read by people. */
import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { joinPending } from '../../model/identity/joinCode.ts'
import { BLOB_ROUTES } from '../../model/rest/blobs.ts'
import { errorReply } from '../../model/rest/error.ts'
import type { OpenApiDocument } from '../../model/rest/openapi.ts'
import { route } from '../../model/rest/route.ts'
import { ALL_ROUTES, type NamedRoute, named } from '../../model/rest/routes.ts'
import { WINDOW_ROUTES } from '../../model/rest/window.ts'
import {
  boxRequest,
  enrolled,
  enrolment,
  invitation,
  invitationKept,
  invitationReply,
  recoveryReply,
} from '../cloud/doors.ts'
import { joinReplySchema, joinRequestSchema } from '../identity/joinProtocol.ts'
import { methodNotAllowed } from './errors.ts'
import { openApiDocument } from './openapi.ts'
import { openApiPage } from './openapiPage.ts'
import type { Handlers } from './router.ts'
import { teamKeyExchange, teamKeyReply } from './teamKeyDoor.ts'

const REFUSED = { 400: errorReply, 401: errorReply, 403: errorReply, 409: errorReply, 410: errorReply } as const

/** Routes of other routers: of pages, sockets, and those who have no place in the team yet. */
export const DOOR_ROUTES = {
  docs: route({
    method: 'GET',
    path: '/docs',
    summary: 'This document as a page',
    access: 'anyone',
    carries: 'page',
    replies: { 200: z.string() },
  }),
  ...WINDOW_ROUTES,
  join: route({
    method: 'POST',
    path: '/join',
    summary:
      'At a hub: presents the secret of a link, for a place in the team. At a cloud: the name of an invitation, once',
    access: 'anyone',
    at: ['hub', 'cloud'],
    body: z.union([joinRequestSchema, boxRequest]),
    replies: { 200: z.union([joinReplySchema, invitationReply]), 202: joinPending, ...REFUSED },
  }),
  peer: route({
    method: 'GET',
    path: '/peer',
    summary: 'The sync protocol between devices, as a WebSocket; it says hello in its first message',
    access: 'anyone',
    at: ['hub', 'cloud'],
    carries: 'messages',
    replies: { 101: z.undefined() },
  }),
  enrol: route({
    method: 'POST',
    path: '/enrol',
    summary: 'Makes a team known, with the token of the cloud’s ready line',
    access: 'member',
    at: ['cloud'],
    body: enrolment,
    replies: { 200: enrolled, 400: errorReply, 401: errorReply, 409: errorReply },
  }),
  keepInvitation: route({
    method: 'POST',
    path: '/invitations',
    summary: 'Leaves a box that the cloud gives out once and cannot open',
    access: 'hub keeper',
    at: ['cloud'],
    body: invitation,
    replies: { 200: invitationKept, 400: errorReply, 401: errorReply, 403: errorReply },
  }),
  successions: route({
    method: 'POST',
    path: '/successions',
    summary: 'Two who do not know each other’s tokens tell each other how the team came to its present key',
    access: 'anyone',
    at: ['hub', 'cloud'],
    body: teamKeyExchange,
    replies: { 200: teamKeyReply, 400: errorReply, 404: errorReply },
  }),
  recoveryBox: route({
    method: 'POST',
    path: '/recovery-box',
    summary: 'The box of a recovery kit, which only its words open',
    access: 'anyone',
    at: ['cloud'],
    body: boxRequest,
    replies: { 200: recoveryReply, 400: errorReply, 404: errorReply },
  }),
} as const

export const DOCUMENTED_ROUTES: readonly NamedRoute[] = [...ALL_ROUTES, ...named(BLOB_ROUTES), ...named(DOOR_ROUTES)]

/** Made when somebody first asks. */
function documentOf(version: string): () => OpenApiDocument {
  let made: OpenApiDocument | undefined
  return () => {
    made ??= openApiDocument(DOCUMENTED_ROUTES, version)
    return made
  }
}

export function openApiHandlers({ version }: { readonly version: string }): Pick<Handlers, 'openApi'> {
  const document = documentOf(version)
  return { openApi: async () => document() }
}

export function docsRoute({ version }: { readonly version: string }): Router {
  const document = documentOf(version)
  const show: RequestHandler = (_request, response) => {
    response.type('html').send(openApiPage(document()))
  }
  const router = Router()
  router.route('/docs').get(show).all(methodNotAllowed)
  return router
}
