/**
 * Every route of the REST API: the contract of `wedsync-api.md` §1, and the routes of `cli.md`. The router is built from
 * this table (`server/rest/router.ts`), and the OpenAPI document; a route that is not here does not exist.
 */
import { z } from 'zod'
import { installStatus } from '../database/status.ts'
import { analyticsQuery, analyticsRequest } from './analytics.ts'
import { cachePriorityQuery, cachePriorityRequest } from './cachePriority.ts'
import { conflictsQuery, conflictsReply } from './conflicts.ts'
import { deviceParams, deviceStatusReply, deviceStatusRequest, deviceStatusUpdated } from './deviceStatus.ts'
import { devicesReply } from './devices.ts'
import {
  badRequest,
  conflictError,
  conflictGone,
  deviceError,
  errorReply,
  issuesReply,
  REFUSALS,
  serverError,
  sessionError,
} from './error.ts'
import { exportQuery, exportReply } from './export.ts'
import { healthReply } from './health.ts'
import { historyReply } from './history.ts'
import { hubReply, hubSettings, hubState, joinDecision, joinParams, joinReply, joinRequest, joinsReply } from './hub.ts'
import { joiningReply, joiningRequest } from './joining.ts'
import { liveEvent, liveQuery } from './live.ts'
import { openApiReply } from './openapi.ts'
import { preloadParams, preloadQuery, preloadReply } from './preload.ts'
import { presenceReply, presenceRequest } from './presence.ts'
import { queueParams, queueRemovedReply, queueReply, queueRetryReply } from './queue.ts'
import { recordsQuery, recordsReply } from './records.ts'
import { recoveryKitConfirmed, recoveryKitReply, recoveryWordsReply } from './recovery.ts'
import { resolveManyReply, resolveManyRequest, resolveReply, resolveRequest, undoParams, undoReply } from './resolve.ts'
import { type Route, route } from './route.ts'
import { dryRunReply, pullQuery, pullReply, syncReply, syncRequest } from './sync.ts'
import { replaceKeyRequest, teamKeyState } from './teamKey.ts'
import { userParams, userStatusQuery, userStatusReply } from './userStatus.ts'
import { weddingsReply } from './weddings.ts'

/** Any text: what is no id at all is no more to be found than an id that nobody has. */
const idParams = z.object({ id: z.string() })

/** What a route that takes no body may answer. */
const NO_BODY = { 400: badRequest, 401: errorReply, 403: errorReply, 429: errorReply, 500: serverError } as const

export const ROUTES = {
  health: route({
    method: 'GET',
    path: '/health',
    summary: 'Whether this server is well; nothing personal',
    access: 'anyone',
    replies: { 200: healthReply },
  }),
  openApi: route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document: every route, as OpenAPI 3.1',
    access: 'anyone',
    replies: { 200: openApiReply },
  }),
  push: route({
    method: 'POST',
    path: '/sync',
    summary: 'Pushes a batch of changes and pulls what is new; with `dryRun` only says what would happen',
    access: 'member',
    body: syncRequest,
    replies: { 200: z.union([syncReply, dryRunReply]), ...REFUSALS, 500: sessionError },
  }),
  pull: route({
    method: 'GET',
    path: '/sync',
    summary: 'State of the sync, and changes since a time or a cursor',
    access: 'member',
    query: pullQuery,
    replies: { 200: pullReply, ...NO_BODY },
  }),
  deviceStatus: route({
    method: 'GET',
    path: '/sync/status/:deviceId',
    summary: 'State, outgoing queue, conflicts and performance of one of the caller’s devices',
    access: 'member',
    params: deviceParams,
    replies: { 200: deviceStatusReply, ...NO_BODY, 404: errorReply, 500: deviceError },
  }),
  reportDevice: route({
    method: 'PUT',
    path: '/sync/status/:deviceId',
    summary: 'Registers a device of the caller, or tells news of it; only what is sent changes',
    access: 'member',
    params: deviceParams,
    body: deviceStatusRequest,
    faults: 'issues',
    replies: { 200: deviceStatusUpdated, ...REFUSALS, 400: issuesReply, 404: errorReply, 500: deviceError },
  }),
  removeQueued: route({
    method: 'DELETE',
    path: '/sync/queue/:id',
    summary: 'Takes what has failed for good off the queue; a copy is kept',
    access: 'member',
    params: queueParams,
    replies: { 200: queueRemovedReply, ...NO_BODY, 404: errorReply, 409: errorReply },
  }),
  retryQueued: route({
    method: 'PUT',
    path: '/queue/retry/:id',
    summary: 'Tries an item of the queue again now',
    access: 'member',
    params: queueParams,
    replies: { 200: queueRetryReply, ...REFUSALS, 404: errorReply },
  }),
  queue: route({
    method: 'GET',
    path: '/queue/pending',
    summary: 'What this server still has to send to its upstreams, and what failed for good',
    access: 'member',
    replies: { 200: queueReply, ...NO_BODY },
  }),
  resolve: route({
    method: 'PUT',
    path: '/sync/resolve',
    summary: 'Decides one conflict',
    access: 'member',
    body: resolveRequest,
    replies: { 200: resolveReply, ...REFUSALS, 404: conflictGone, 409: conflictGone, 500: conflictError },
  }),
  resolveMany: route({
    method: 'POST',
    path: '/sync/resolve',
    summary: 'Decides many conflicts; one that fails does not stop the others',
    access: 'member',
    body: resolveManyRequest,
    replies: { 200: resolveManyReply, ...REFUSALS, 500: sessionError },
  }),
  undoDecision: route({
    method: 'POST',
    path: '/conflicts/:conflictId/undo',
    summary: 'Takes a decision back: the conflict waits again, with the values it had',
    access: 'member',
    params: undoParams,
    replies: { 200: undoReply, ...REFUSALS, 404: conflictGone, 409: conflictGone },
  }),
  conflicts: route({
    method: 'GET',
    path: '/conflicts',
    summary: 'What waits for a person, or what was decided',
    access: 'member',
    query: conflictsQuery,
    replies: { 200: conflictsReply, ...NO_BODY },
  }),
  cachePriorities: route({
    method: 'GET',
    path: '/cache/priority',
    summary: 'Planned: what is cached with what priority',
    access: 'member',
    query: cachePriorityQuery,
    replies: { ...NO_BODY, 501: errorReply },
  }),
  setCachePriorities: route({
    method: 'POST',
    path: '/cache/priority',
    summary: 'Planned: says what is to be cached with what priority',
    access: 'member',
    body: cachePriorityRequest,
    replies: { ...REFUSALS, 501: errorReply },
  }),
  preload: route({
    method: 'GET',
    path: '/cache/wedding/:date',
    summary: 'All that a device needs for the weddings of one day, what the day cannot run without first',
    access: 'member',
    params: preloadParams,
    query: preloadQuery,
    replies: { 200: preloadReply, ...NO_BODY },
  }),
  analytics: route({
    method: 'GET',
    path: '/queue/analytics',
    summary: 'Planned: figures of the queue',
    access: 'member',
    query: analyticsQuery,
    replies: { ...NO_BODY, 501: errorReply },
  }),
  analyticsReport: route({
    method: 'POST',
    path: '/queue/analytics',
    summary: 'Planned: a report over chosen figures',
    access: 'member',
    body: analyticsRequest,
    faults: 'issues',
    replies: { ...REFUSALS, 400: issuesReply, 501: errorReply },
  }),
  installStatus: route({
    method: 'GET',
    path: '/status',
    summary: 'This server: role, upstreams, connected devices',
    access: 'member',
    replies: { 200: installStatus, ...NO_BODY },
  }),
  userStatus: route({
    method: 'GET',
    path: '/status/:userId',
    summary: 'Sync, queue, conflicts, performance, devices and health of one person; flags choose among them',
    access: 'member',
    params: userParams,
    query: userStatusQuery,
    replies: { 200: userStatusReply, ...NO_BODY },
  }),
  live: route({
    method: 'GET',
    path: '/live',
    summary: 'A WebSocket that tells what is going on, with the token at the upgrade or in the first message',
    access: 'member',
    query: liveQuery,
    channel: liveEvent,
    replies: { ...NO_BODY, 426: errorReply },
  }),
  weddings: route({
    method: 'GET',
    path: '/weddings',
    summary: 'The weddings that the caller may read, with digests and how complete they are',
    access: 'member',
    replies: { 200: weddingsReply, ...NO_BODY },
  }),
  records: route({
    method: 'GET',
    path: '/weddings/:id/records',
    summary: 'The records of a wedding, in pages',
    access: 'member',
    params: idParams,
    query: recordsQuery,
    replies: { 200: recordsReply, ...NO_BODY, 404: errorReply },
  }),
  exportWedding: route({
    method: 'GET',
    path: '/weddings/:id/export',
    summary: 'A wedding in a form that other programs read: JSON, CSV, a calendar, or address cards',
    access: 'member',
    params: idParams,
    query: exportQuery,
    replies: { 200: exportReply, ...NO_BODY, 404: errorReply, 409: errorReply, 503: errorReply },
  }),
  history: route({
    method: 'GET',
    path: '/records/:id/history',
    summary: 'Who changed what in a record, oldest first',
    access: 'member',
    params: idParams,
    replies: { 200: historyReply, ...NO_BODY, 404: errorReply },
  }),
  devices: route({
    method: 'GET',
    path: '/devices',
    summary: 'The devices of the team',
    access: 'member',
    replies: { 200: devicesReply, ...NO_BODY },
  }),
  revokeDevice: route({
    method: 'DELETE',
    path: '/devices/:deviceId',
    summary: 'Shuts a device out: here at once, elsewhere when the news arrives',
    access: 'owner',
    params: deviceParams,
    replies: { 204: z.undefined(), ...NO_BODY, 404: errorReply, 409: errorReply },
  }),
  hubState: route({
    method: 'GET',
    path: '/hub',
    summary: 'Whether this install is the hub, may be it, and takes over by itself',
    access: 'member',
    replies: { 200: hubState, ...NO_BODY, 404: errorReply },
  }),
  setHub: route({
    method: 'PUT',
    path: '/hub',
    summary: 'Allows this install to take over by itself when the hub is gone, or no longer',
    access: 'hub keeper',
    body: hubSettings,
    replies: { 200: hubState, ...REFUSALS, 404: errorReply },
  }),
  stopHub: route({
    method: 'DELETE',
    path: '/hub',
    summary: 'Ends being the hub: nobody is connected through this install any more',
    access: 'hub keeper',
    replies: { 204: z.undefined(), ...NO_BODY, 404: errorReply },
  }),
  startHub: route({
    method: 'POST',
    path: '/hub',
    summary: 'Makes this install the hub of the venue',
    access: 'hub keeper',
    replies: { 200: hubReply, ...REFUSALS, 404: errorReply, 409: errorReply },
  }),
  createJoin: route({
    method: 'POST',
    path: '/hub/joins',
    summary: 'A link that lets one device into the team',
    access: 'inviter',
    body: joinRequest,
    replies: { 200: joinReply, ...REFUSALS, 404: errorReply },
  }),
  joins: route({
    method: 'GET',
    path: '/hub/joins',
    summary: 'Invitations that can still be used, and who asks to be let in with one',
    access: 'inviter',
    replies: { 200: joinsReply, ...NO_BODY, 404: errorReply },
  }),
  decideJoin: route({
    method: 'POST',
    path: '/hub/joins/:joinId',
    summary: 'Lets in who asks, by the code that both screens show; or ends the invitation',
    access: 'inviter',
    params: joinParams,
    body: joinDecision,
    replies: { 204: z.undefined(), ...REFUSALS, 404: errorReply, 409: errorReply },
  }),
  joining: route({
    method: 'GET',
    path: '/joining',
    summary: 'For the owner of this install: how its joining another team stands',
    access: 'member',
    replies: { 200: joiningReply, ...NO_BODY, 404: errorReply },
  }),
  startJoining: route({
    method: 'POST',
    path: '/joining',
    summary: 'For the owner of this install: joins the team of a link',
    access: 'member',
    body: joiningRequest,
    replies: { 200: joiningReply, ...REFUSALS, 404: errorReply, 409: errorReply },
  }),
  stopJoining: route({
    method: 'DELETE',
    path: '/joining',
    summary: 'For the owner of this install: no longer waits to be let in',
    access: 'member',
    replies: { 204: z.undefined(), ...NO_BODY, 404: errorReply },
  }),
  presence: route({
    method: 'PUT',
    path: '/presence',
    summary: 'For the window of this install, every few seconds: tells where it is, and is told who else is here',
    access: 'member',
    body: presenceRequest,
    replies: { 200: presenceReply, ...REFUSALS, 404: errorReply },
  }),
  recoveryKit: route({
    method: 'GET',
    path: '/recovery-kit',
    summary: 'For an owner at this install: whether a recovery kit was made',
    access: 'owner',
    replies: { 200: recoveryKitReply, ...NO_BODY, 404: errorReply },
  }),
  makeRecoveryKit: route({
    method: 'POST',
    path: '/recovery-kit',
    summary:
      'For an owner at this install: makes the kit, and shows its words until somebody has said that they are kept',
    access: 'owner',
    replies: { 200: recoveryWordsReply, ...REFUSALS, 404: errorReply, 409: errorReply },
  }),
  confirmRecoveryKit: route({
    method: 'PUT',
    path: '/recovery-kit',
    summary: 'For an owner at this install: the words are kept, and are not shown again',
    access: 'owner',
    body: recoveryKitConfirmed,
    replies: { 200: recoveryKitReply, ...REFUSALS, 404: errorReply, 409: errorReply },
  }),
  teamKey: route({
    method: 'GET',
    path: '/team-key',
    summary: 'For an owner at this install: which devices would go on if the key of the team were replaced',
    access: 'owner',
    replies: { 200: teamKeyState, ...NO_BODY, 404: errorReply },
  }),
  replaceTeamKey: route({
    method: 'POST',
    path: '/team-key',
    summary:
      'For an owner at this install, after a theft: replaces the key of the team, with the words of the recovery kit. The install is opened again',
    access: 'owner',
    body: replaceKeyRequest,
    replies: { 204: z.undefined(), ...REFUSALS, 404: errorReply, 409: errorReply },
  }),
} as const

export type Routes = typeof ROUTES
export type RouteName = keyof Routes

/** The table as a list, for whoever looks at routes without caring which one it is. */
export const ALL_ROUTES: readonly NamedRoute[] = named(ROUTES)

export interface NamedRoute extends Route {
  readonly name: string
}

export function named(routes: Readonly<Record<string, Route>>): readonly NamedRoute[] {
  return Object.entries(routes).map(([name, definition]) => ({ name, ...definition }))
}
