/** The hub's door on the LAN: HTTPS with this install's own certificate, for devices that joined and for those that join. */
import { randomUUID } from 'node:crypto'
import { createServer, type ServerOptions } from 'node:https'
import { networkInterfaces } from 'node:os'
import { createSecureContext } from 'node:tls'
import express, { type RequestHandler, type Router } from 'express'
import { z } from 'zod'
import { invitationId } from '../../model/identity/joinCode.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import { type Accepted, rulesOf } from '../../model/sync/rules.ts'
import type { SessionError } from '../../model/sync/session.ts'
import type { Hello } from '../../model/wire/index.ts'
import type { Note } from '../audit/trail.ts'
import { type ListenError, listen, stopListening } from '../http/listen.ts'
import { pages, securityHeaders } from '../http/pages.ts'
import { redirectPlainHttp } from '../http/plainHttp.ts'
import { serveUpgrades } from '../http/upgrades.ts'
import { type Announcing, announceHub } from '../hub/announce.ts'
import { endorse } from '../hub/announcement.ts'
import { openTabletTrust, type TabletTrust } from '../hub/tabletCertificate.ts'
import { trustRoutes } from '../hub/trustPage.ts'
import { type Admission, admit } from '../identity/admit.ts'
import { applyToJoin } from '../identity/applications.ts'
import type { Identity } from '../identity/identity.ts'
import { formatJoinLink } from '../identity/joinLink.ts'
import { JOIN_PATH, JOIN_REFUSALS, joinRequestSchema } from '../identity/joinProtocol.ts'
import { createJoin } from '../identity/joins.ts'
import { presentedDevice } from '../identity/pinned.ts'
import { writeCertificate } from '../identity/sealingKeys.ts'
import { renewToken } from '../identity/token.ts'
import type { Live } from '../live/live.ts'
import type { Log } from '../log.ts'
import { answerBadConnections, SERVER_LIMITS } from '../protection/httpServer.ts'
import { limitJoins } from '../protection/limits.ts'
import { logRequests } from '../protection/requestLog.ts'
import { createApi } from '../rest/api.ts'
import type { JoinLinks, JoinRequest, ServerContext } from '../rest/context.ts'
import { answerFailures } from '../rest/errors.ts'
import { nameRequest } from '../rest/guard.ts'
import { originOf, requestIdOf } from '../rest/requestState.ts'
import { admitSession } from '../rest/sessionDoor.ts'
import { nodeScheduler } from '../sync/nodeScheduler.ts'
import { webSocketTransport } from '../sync/webSocketTransport.ts'
import { callerOf, personOf, rememberNames } from './callers.ts'
import { PEER_PATH } from './calls.ts'
import type { InstallParts } from './context.ts'

export const DEFAULT_LAN_PORT = 8443

export interface LanOptions {
  /** Absent: the port of the last time, else the default. 0: the port of the last time, else a free one. */
  readonly port?: number
  /** Absent: the address of the last time if this machine still has it, else its first private one, else loopback. */
  readonly host?: string
}

export type LanError = ListenError | { readonly kind: 'may-not-serve' }

export interface Lan {
  readonly url: string
  readonly fingerprint: string
  createJoin(request: JoinRequest): Promise<JoinLinks>
  stop(): Promise<void>
}

interface LanParts extends InstallParts, LanOptions {
  readonly live: Live
  readonly pagesDir: string
  readonly context: ServerContext
  readonly log: Log
  /** Whether the hub announces itself. One that listens on loopback only never does. */
  readonly discovery: boolean
}

const LOOPBACK = '127.0.0.1'
const savedPlace = z.object({ host: z.string(), port: z.number().int().min(1).max(65_535) }).optional()

export async function openLan(options: LanParts): Promise<Result<Lan, LanError>> {
  const { identity, store, sync, log } = options
  const { state } = store
  if (!mayServeAsHub(identity.grant) || identity.team.privateKey === undefined) return err({ kind: 'may-not-serve' })
  const app = express()
  app.disable('x-powered-by')
  const trust = await openTabletTrust(identity.deviceId, state, Date.now())
  const server = createServer(tlsOptions(identity, trust), app)
  answerBadConnections(server)
  redirectPlainHttp(server, [trust.name])
  const known = savedPlace.parse(await state.get('lan'))
  const own = ownAddresses()
  const host = options.host ?? own.find((address) => address === known?.host) ?? own.find(isPrivate) ?? LOOPBACK
  const listening = await listen(server, options.port || known?.port || (options.port ?? DEFAULT_LAN_PORT), host)
  if (!listening.ok) return listening
  const port = listening.value
  await state.set('lan', { host, port })

  app.use(securityHeaders)
  app.use(joinDoor(options))
  app.use('/api/offline', createApi(options.context, log))
  app.use(trustRoutes({ trust, fingerprint: identity.fingerprint, port }))
  app.use(pages(options.pagesDir))
  const upgrades = serveUpgrades(
    server,
    [
      {
        path: PEER_PATH,
        serve: (socket, request) => {
          const presented = presentedDevice(request.socket)
          sync.receive(webSocketTransport(socket, request.socket), (hello) => acceptDevice(hello, presented, options))
        },
      },
      options.live.route(options.context.authenticate),
    ],
    log,
  )

  const url = `https://${host}:${port}`
  const announcing = options.discovery && host !== LOOPBACK ? announce(identity, port, host, log) : undefined
  return ok({
    url,
    fingerprint: identity.fingerprint,
    async createJoin(request) {
      const nowMs = Date.now()
      const secret = await createJoin(state, { ...request, nowMs })
      const links = formatJoinLink({ url, fingerprint: identity.fingerprint, secret, team: identity.team.id })
      return {
        joinId: invitationId(secret),
        join: links.app,
        browser: links.browser,
        expiresAt: new Date(nowMs + request.expiresInSeconds * 1_000).toISOString(),
      }
    },
    async stop() {
      await announcing?.stop()
      upgrades.close()
      await stopListening(server)
    },
  })
}

function announce({ deviceId, team }: Identity, port: number, host: string, log: Log): Announcing | undefined {
  if (team.privateKey === undefined) return undefined
  const announcement = { deviceId, port, endorsement: endorse(deviceId, team.privateKey) }
  return announceHub(announcement, { scheduler: nodeScheduler, log }, host)
}

/**
 * Installs are asked for their certificate, which nobody has signed: it is compared with the token. Browsers would let a
 * person choose among theirs, so the only issuer named is one that no browser has a certificate of.
 */
function tlsOptions({ certPem, keyPem }: Identity, trust: TabletTrust): ServerOptions {
  const byName = createSecureContext({ cert: trust.certPem, key: trust.keyPem, ca: certPem, minVersion: 'TLSv1.2' })
  return {
    ...SERVER_LIMITS,
    cert: certPem,
    key: keyPem,
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: false,
    ca: certPem,
    SNICallback: (name, answer) => answer(null, name === trust.name ? byName : undefined),
  }
}

/**
 * Whether a device may come in, by the token in its hello.
 * @param presented the device whose certificate it showed
 */
async function acceptDevice(
  hello: Hello,
  presented: string | undefined,
  { identity, rosters, trail, log }: LanParts,
): Promise<Result<Accepted, SessionError>> {
  if (hello.team !== null && hello.team !== identity.team.id) {
    return err({ code: 'OTHER_TEAM', message: 'this hub belongs to another team' })
  }
  const caller = hello.token === undefined ? undefined : await callerOf(hello.token, identity)
  if (caller?.holder === 'install' && caller.deviceId !== presented) {
    return err({ code: 'UNAUTHENTICATED', message: 'the token belongs to another device than this certificate' })
  }
  if (caller?.deviceId !== hello.deviceId) {
    return err({ code: 'UNAUTHENTICATED', message: 'this device has no valid place in the team: join again' })
  }
  const admitted = await admitSession(caller, { rosters, trail })
  if (!admitted.ok) {
    log('session refused', { deviceId: caller.deviceId, code: admitted.error.code })
    return admitted
  }
  const { id, privateKey } = identity.team
  const renewedToken = privateKey && renewToken(caller.capability, privateKey, Date.now())
  return ok({ ...rulesOf(caller.grant, id, () => true), ...(renewedToken !== undefined && { renewedToken }) })
}

/** The one request that needs no token. */
function joinDoor(parts: LanParts): Router {
  const door = express.Router()
  door.use(JOIN_PATH, logRequests(parts.log), nameRequest, limitJoins())
  door.post(JOIN_PATH, express.json({ limit: '10kb' }), joinRoute(parts))
  door.use(JOIN_PATH, answerFailures(parts.log))
  return door
}

function joinRoute(parts: LanParts): RequestHandler {
  const { identity, store, trail, log } = parts
  return async (request, response) => {
    const parsed = joinRequestSchema.safeParse(request.body)
    if (!parsed.success) {
      response
        .status(400)
        .json({ error: 'This is not a request to join', code: 'VALIDATION_ERROR', requestId: requestIdOf(request) })
      return
    }
    const presented = presentedDevice(request.socket)
    // Whose certificate it is, is seen before anything is noted; what is wrong with it `admit` says.
    const isItself = parsed.data.kind === 'browser' || parsed.data.deviceId === presented
    const asked = isItself ? await applyToJoin(parsed.data, store.state, Date.now()) : ok(undefined)
    if (asked.ok && asked.value) {
      response.status(202).json(asked.value)
      return
    }
    const context = { identity, state: store.state, nowMs: Date.now(), presented }
    const admission = asked.ok ? await admit(parsed.data, context) : asked
    if (!admission.ok) {
      const { status, code, error } = JOIN_REFUSALS[admission.error.kind]
      log('join refused', { code })
      await trail.note({ event: 'join', resource: JOIN_PATH, origin: originOf(request) }, refusedWith(code))
      response.status(status).json({ error, code, requestId: requestIdOf(request) })
      return
    }
    const { deviceId, userId, role, weddings } = admission.value.member
    const subject = {
      event: 'join',
      resource: deviceId,
      origin: originOf(request),
      details: { userId, role, weddings },
    } as const
    await trail.run(
      subject,
      () => writeMember(admission.value, parts),
      () => [{ phase: 'done' }],
    )
    log('device joined', { deviceId: admission.value.member.deviceId, role: admission.value.member.role })
    response.json(admission.value.reply)
  }
}

function refusedWith(code: string): Note {
  return { phase: 'refused', details: { code } }
}

async function writeMember(
  { member, certificate }: Admission,
  { identity, store, people }: InstallParts,
): Promise<void> {
  await rememberNames(store.state, member)
  const author = await people.author(personOf(identity))
  const record = createRecord(
    { id: randomUUID(), scope: identity.team.id, table: 'members', data: { ...member } },
    author,
  )
  await store.changes.update([record.id], () => [{ record }])
  const { privateKey } = identity.team
  if (certificate && privateKey !== undefined) {
    await writeCertificate(certificate, privateKey, store.changes, await people.author(personOf(identity)))
  }
}

/** Whether another device could reach a hub on this machine: it is in some network. */
export function isInNetwork(): boolean {
  return ownAddresses().some(isPrivate)
}

/** IPv4 addresses of this machine. */
function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.filter(({ family }) => family === 'IPv4').map(({ address }) => address)
}

/** RFC 1918, or link-local as on a cable without a router. */
function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(address)
}
