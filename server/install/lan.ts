/** The hub's door on the LAN: HTTPS with this install's own certificate, for devices that joined and for those that join. */
import { randomUUID } from 'node:crypto'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import express, { type RequestHandler, type Router } from 'express'
import { z } from 'zod'
import { invitationId } from '../../model/identity/joinCode.ts'
import { isHostOf } from '../../model/identity/teamHost.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import { openClaims } from '../../model/sync/ownClaims.ts'
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
import { allowOtherNames } from '../hub/otherNames.ts'
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
import { privateKeysOf } from '../identity/team.ts'
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
import { admitSession, refusalAfterReplacement } from '../rest/sessionDoor.ts'
import { teamKeyDoor } from '../rest/teamKeyDoor.ts'
import { nodeScheduler } from '../sync/nodeScheduler.ts'
import { webSocketTransport } from '../sync/webSocketTransport.ts'
import { callerOf, isOfEarlierKey, personOf, rememberNames, type TokenCaller } from './callers.ts'
import { knownHub, PEER_PATH } from './calls.ts'
import type { InstallParts } from './context.ts'
import { addressNow, isPrivate, LOOPBACK } from './lanPlace.ts'
import type { TeamKey } from './teamKey.ts'

export const DEFAULT_LAN_PORT = 8443

export interface LanOptions {
  /**
   * Absent: the port of the hub that this install knows, if it is free here, so that the team's tablets find this one where
   * they found that; else the port of the last time, else the default, else a free one: nobody chose one. 0: the same, without
   * the default. Any other: that one or none.
   */
  readonly port?: number
  /** The only address to listen at. Absent: every private one of this machine, and loopback. */
  readonly host?: string
}

export type LanError = ListenError | { readonly kind: 'may-not-serve' }

export interface Lan {
  /** Where others reach it now: networks come and go. */
  readonly url: string
  readonly fingerprint: string
  createJoin(request: JoinRequest): Promise<JoinLinks>
  stop(): Promise<void>
}

interface LanParts extends InstallParts, LanOptions {
  readonly live: Live
  readonly pagesDir: string
  readonly contextFor: (authenticate: ServerContext['authenticate']) => ServerContext
  readonly log: Log
  /** Whether the hub announces itself. One that listens on loopback only never does. */
  readonly discovery: boolean
  readonly meetKey: TeamKey['meet']
}

const EVERY_ADDRESS = '0.0.0.0'
const FREE_PORT = 0
const savedPlace = z.object({ host: z.string(), port: z.number().int().min(1).max(65_535) }).optional()

export async function openLan(options: LanParts): Promise<Result<Lan, LanError>> {
  const { identity, store, sync, log } = options
  const { state } = store
  const context = options.contextFor(authenticator(identity))
  const { id: team, privateKey } = identity.team
  const keys = privateKeysOf(identity.team)
  const [founding] = keys
  if (!mayServeAsHub(identity.grant) || privateKey === undefined || founding === undefined) {
    return err({ kind: 'may-not-serve' })
  }
  const app = express()
  app.disable('x-powered-by')
  // Tablets that trust the authority of before could not be told otherwise that they are to join again.
  const trust = await openTabletTrust({ id: team, privateKey: founding }, state, Date.now())
  const server = createServer(tlsOptions(identity, trust), app)
  answerBadConnections(server)
  redirectPlainHttp(server, [trust.name])
  const known = savedPlace.parse(await state.get('lan'))
  const { host: only } = options
  const host = (): string => only ?? addressNow(known?.host)
  const serves = (address: string): boolean => (only === undefined ? isPrivate(address) : address === only)
  if (only === undefined) server.prependListener('connection', dropUnless(serves))
  const wished = await wishedPorts(options, known?.port)
  const listening = await listenAtFirst(server, wished, only ?? EVERY_ADDRESS)
  if (!listening.ok) return listening
  const port = listening.value
  // A makeshift is for today.
  await state.set('lan', { host: host(), port: known && !wished.includes(port) ? known.port : port })

  app.use(securityHeaders)
  app.use('/api/offline', allowOtherNames(trust.name))
  app.use(joinDoor(options))
  app.use(teamKeyDoor(options.meetKey, log))
  app.use('/api/offline', createApi(context, log))
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
      options.live.route(context.authenticate),
    ],
    log,
  )

  const url = (): string => `https://${host()}:${port}`
  const announcing: Announcing | undefined =
    options.discovery && only !== LOOPBACK
      ? announceHub(
          { ...endorse(identity.deviceId, keys), port, host: trust.name },
          { scheduler: nodeScheduler, log },
          serves,
        )
      : undefined
  return ok({
    get url() {
      return url()
    },
    fingerprint: identity.fingerprint,
    async createJoin(request) {
      const nowMs = Date.now()
      const secret = await createJoin(state, { ...request, nowMs })
      const links = formatJoinLink({ url: url(), fingerprint: identity.fingerprint, secret, team })
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

/**
 * Ports to try in turn. The team's tablets call one name at one port: the next hub takes the port of the last. A hub that
 * nobody gave a port is better on a free one than not at all: it is announced, and its links name it.
 */
async function wishedPorts({ store, port }: LanParts, lastPort: number | undefined): Promise<readonly number[]> {
  if (port) return [port]
  const hub = await knownHub(store.state)
  const wished = [Number(hub && new URL(hub.url).port), lastPort ?? 0, port ?? DEFAULT_LAN_PORT]
  return [...wished.filter((each) => each > 0), FREE_PORT]
}

async function listenAtFirst(
  server: Server,
  [port = FREE_PORT, ...others]: readonly number[],
  host: string,
): Promise<Result<number, ListenError>> {
  const listening = await listen(server, port, host)
  return listening.ok || others.length === 0 ? listening : listenAtFirst(server, others, host)
}

/** A machine may also have an address on the internet, which is no place for a hub. */
function dropUnless(serves: (address: string) => boolean): (socket: Socket) => void {
  return (socket) => {
    const address = socket.localAddress ?? ''
    if (!serves(address) && !address.startsWith('127.')) socket.destroy()
  }
}

/** Who calls the REST API: a laptop's token is of no use to whoever has not its certificate. */
function authenticator(identity: Identity): ServerContext['authenticate'] {
  return async (token, socket) => {
    const caller = await callerOf(token, identity)
    return caller && isItself(caller, presentedDevice(socket)) ? caller : undefined
  }
}

/** A browser has no certificate: who holds its token is that device. */
function isItself({ holder, deviceId }: TokenCaller, presented: string | undefined): boolean {
  return holder === 'browser' || deviceId === presented
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
    SNICallback: (name, answer) => answer(null, isHostOf(trust.name, name) ? byName : undefined),
  }
}

/**
 * Whether a device may come in, by the token in its hello.
 * @param presented the device whose certificate it showed
 */
async function acceptDevice(
  hello: Hello,
  presented: string | undefined,
  { identity, store, rosters, trail, log }: LanParts,
): Promise<Result<Accepted, SessionError>> {
  if (hello.team !== null && hello.team !== identity.team.id) {
    return err({ code: 'OTHER_TEAM', message: 'this hub belongs to another team' })
  }
  const caller = hello.token === undefined ? undefined : await callerOf(hello.token, identity)
  if (caller && !isItself(caller, presented)) {
    return err({ code: 'UNAUTHENTICATED', message: 'the token belongs to another device than this certificate' })
  }
  if (!caller && hello.token !== undefined && isOfEarlierKey(hello.token, identity.team)) {
    return err(await refusalAfterReplacement(identity.team.id, hello.deviceId, rosters))
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
  const { userId, deviceId } = caller
  const whose = { holder: { userId, deviceId }, claims: await openClaims(store.changes, caller) }
  return ok({ ...rulesOf(caller.grant, id, () => true, whose), ...(renewedToken !== undefined && { renewedToken }) })
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
  { member, certificate, proof }: Admission,
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
    const known = { certificate, ...(proof !== undefined && { proof }) }
    await writeCertificate(known, privateKey, store.changes, await people.author(personOf(identity)))
  }
}
