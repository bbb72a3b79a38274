/**
 * The cloud: the same engine and the same REST API over PostgreSQL, for many teams. It has no say of its own: a team
 * enrols with its public key, and whoever the team has given a token may come in.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import express, { type RequestHandler } from 'express'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import { openClaims } from '../../model/sync/ownClaims.ts'
import { quarantined } from '../../model/sync/quarantine.ts'
import { createReplicaSync, type ReplicaSync } from '../../model/sync/replicaSync.ts'
import { type PeerRules, rulesOf } from '../../model/sync/rules.ts'
import type { SessionError } from '../../model/sync/session.ts'
import type { Hello } from '../../model/wire/index.ts'
import { forgetOldEntries } from '../audit/retention.ts'
import { createTrail, type Note, type Trail } from '../audit/trail.ts'
import { openPostgresStore, type PostgresStore } from '../changes/postgres.ts'
import { RETENTION } from '../changes/retention.ts'
import { type ListenError, listen, stopListening } from '../http/listen.ts'
import { securityHeaders } from '../http/pages.ts'
import { serveUpgrades } from '../http/upgrades.ts'
import { grantOf } from '../identity/grant.ts'
import { readToken, teamOfToken, verifyToken } from '../identity/token.ts'
import { bearerOf } from '../install/callers.ts'
import { ENROL_PATH, PEER_PATH } from '../install/calls.ts'
import { openPeople } from '../install/people.ts'
import { openLive } from '../live/live.ts'
import { createSignal } from '../live/signal.ts'
import type { Log } from '../log.ts'
import { answerBadConnections, SERVER_LIMITS } from '../protection/httpServer.ts'
import { limitJoins } from '../protection/limits.ts'
import { createApi } from '../rest/api.ts'
import { type Books, openPostgresBooks } from '../rest/books.ts'
import { byHead } from '../rest/byHead.ts'
import type { Caller, ServerContext } from '../rest/context.ts'
import { answerFailures, describeFault } from '../rest/errors.ts'
import { nameRequest } from '../rest/guard.ts'
import { originOf, requestIdOf } from '../rest/requestState.ts'
import { type RosterOf, rosterOf } from '../rest/roster.ts'
import { admitSession, refusalAfterReplacement } from '../rest/sessionDoor.ts'
import { teamKeyDoor } from '../rest/teamKeyDoor.ts'
import { nodeScheduler } from '../sync/nodeScheduler.ts'
import { webSocketTransport } from '../sync/webSocketTransport.ts'
import { VERSION } from '../version.ts'
import { boxRoutes } from './boxes.ts'
import { enrolment } from './doors.ts'
import { type Inside, keepTeam, knownTeam, meetTeam, watchInside } from './teams.ts'

export interface CloudOptions {
  /** Folder of the embedded PostgreSQL; ignored with a database URL. */
  readonly dataDir?: string
  readonly databaseUrl?: string
  /** The database was set back in a way that leaves no trace (`postgresSchema.ts`). */
  readonly isSetBack?: boolean
  readonly port: number
  readonly host: string
  /** Addresses and networks of proxies whose word about the caller's address is taken (`trust proxy` of Express). */
  readonly trustedProxies?: readonly string[]
  readonly log: Log
}

export interface Cloud {
  readonly url: string
  /** With this token a team enrols. */
  readonly enrolToken: string
  stop(): Promise<void>
}

const DAY_MS = 86_400_000
const CLOUD_NAME = 'cloud'
/** For what concerns no team that could be told. */
const SERVER_CHAIN = 'server'

export async function openCloud(options: CloudOptions): Promise<Result<Cloud, ListenError>> {
  const { log } = options
  const store = await openPostgresStore({
    ...(options.databaseUrl !== undefined && { databaseUrl: options.databaseUrl }),
    ...(options.isSetBack && { isSetBack: true }),
    ...(options.dataDir !== undefined && { dataDir: options.dataDir }),
  })
  const { changes, state } = store
  const books = await openPostgresBooks(store.sql)
  const trail = createTrail(books.audit, SERVER_CHAIN)
  const rosters = rosterOf(changes)
  const enrolToken = await ownEnrolToken(store)
  const forgetting = everyDay(() => forgetOld(store, books, log))
  const changed = createSignal()
  const sync = createReplicaSync({
    changes,
    state,
    scheduler: nodeScheduler,
    self: () => ({ deviceId: changes.epoch, deviceName: CLOUD_NAME, team: null }),
    onChange: changed.emit,
    onRefused: (scope, refused) => log('records refused', { scope, count: refused.length }),
  })

  const inside = watchInside(store, sync.dismiss, (fault) => log('keys of teams not compared', describeFault(fault)))
  async function meetKey(team: string, texts: readonly string[]): Promise<readonly string[] | undefined> {
    const met = await meetTeam(store, team, texts)
    if (met?.isNew) {
      log('the key of a team was replaced', { team, epoch: met.successions.length })
      await inside.check()
    }
    return met?.successions
  }

  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', options.trustedProxies ?? false)
  app.use(securityHeaders)
  app.use(ENROL_PATH, nameRequest, limitJoins())
  app.post(ENROL_PATH, enrolRoute(store, enrolToken, trail, log))
  app.use(ENROL_PATH, answerFailures(log))
  app.use(teamKeyDoor(meetKey, log))
  app.use(boxRoutes(store, (token) => callerOf(token, store), log))
  const context = cloudContext(store, sync, rosters, books, trail)
  app.use('/api/offline', createApi(context, log))
  const live = openLive({ context, rosters, sync, log, changed })
  const server = createServer(SERVER_LIMITS, app)
  answerBadConnections(server)
  const upgrades = serveUpgrades(
    server,
    [
      {
        path: PEER_PATH,
        serve: (socket, request) =>
          sync.receive(webSocketTransport(socket, request.socket), (hello) =>
            acceptInstall(hello, store, { rosters, trail, inside }),
          ),
      },
      live.route(context.authenticate),
    ],
    log,
  )
  async function stop(): Promise<void> {
    inside.stop()
    await live.close()
    await sync.stop()
    await forgetting.stop()
    upgrades.close()
    await stopListening(server)
    await store.close()
  }

  const listening = await listen(server, options.port, options.host)
  if (!listening.ok) {
    await live.close()
    await sync.stop()
    await forgetting.stop()
    await store.close()
    return listening
  }
  return ok({ url: `http://${options.host}:${listening.value}`, enrolToken, stop })
}

/** Several processes on one database may do so at the same time. What fails is tried again the next day. */
async function forgetOld({ history }: PostgresStore, { audit }: Books, log: Log): Promise<void> {
  const nowMs = Date.now()
  const noteHistoryProblem = (fault: unknown) => log('history: old versions not forgotten', describeFault(fault))
  const noteAuditProblem = (fault: unknown) => log('audit: old entries not forgotten', describeFault(fault))
  await history.forget(RETENTION, nowMs).catch(noteHistoryProblem)
  await forgetOldEntries(audit, nowMs, noteAuditProblem).catch(noteAuditProblem)
}

/** At once, and once a day as long as this process lives. */
function everyDay(work: () => Promise<void>): { stop(): Promise<void> } {
  let running = work()
  const timer = setInterval(() => {
    running = running.then(work)
  }, DAY_MS)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      return running
    },
  }
}

async function ownEnrolToken({ state }: PostgresStore): Promise<string> {
  const known = z
    .string()
    .optional()
    .parse(await state.get('enrol-token'))
  // Not base64url, which may begin with a dash: `--cloud-token -x` would be read as another option.
  const token = known ?? randomBytes(32).toString('hex')
  if (known === undefined) await state.set('enrol-token', token)
  return token
}

/** @returns the caller, and the key of its team by which it is one */
async function callerOf(
  token: string,
  store: PostgresStore,
): Promise<(Caller & { readonly present: string }) | undefined> {
  const team = teamOfToken(token)
  const publicKey = team && (await knownTeam(store, team))?.present
  if (!team || !publicKey) return undefined
  const verified = verifyToken(token, publicKey, Date.now())
  if (!verified.ok || verified.value.team !== team) return undefined
  const { user, device } = verified.value
  return { team, userId: user, deviceId: device, grant: grantOf(verified.value), present: publicKey }
}

/** The team of a token that was good, as far as can be seen, before the key of the team was replaced. */
async function teamOfEarlierKey(token: string | undefined, store: PostgresStore): Promise<string | undefined> {
  const team = token === undefined ? undefined : teamOfToken(token)
  const known = team === undefined ? undefined : await knownTeam(store, team)
  if (token === undefined || !known || known.successions.length === 0) return undefined
  return readToken(token, known.present).ok ? undefined : team
}

async function acceptInstall(
  hello: Hello,
  store: PostgresStore,
  { rosters, trail, inside }: { readonly rosters: RosterOf; readonly trail: Trail; readonly inside: Inside },
): Promise<Result<PeerRules, SessionError>> {
  const caller = hello.token === undefined ? undefined : await callerOf(hello.token, store)
  const earlier = caller ? undefined : await teamOfEarlierKey(hello.token, store)
  if (earlier !== undefined) return err(await refusalAfterReplacement(earlier, hello.deviceId, rosters))
  if (caller?.deviceId !== hello.deviceId) {
    return err({ code: 'UNAUTHENTICATED', message: 'the cloud does not know this team: enrol it with --cloud-token' })
  }
  const admitted = await admitSession(caller, { rosters, trail })
  if (!admitted.ok) return admitted
  const { team, userId, deviceId, grant, present } = caller
  inside.note(team, deviceId, present)
  const claims = await openClaims(store.changes, caller)
  const whose = { holder: { userId, deviceId }, claims, isSealed: true }
  // A scope belongs to the first team that brings it, for good.
  return ok(rulesOf(grant, team, async (scope) => (await store.claimScopes(team, [scope])) === 'ok', whose))
}

function enrolRoute(store: PostgresStore, enrolToken: string, trail: Trail, log: Log): RequestHandler {
  const parse = express.json({ limit: '1mb' })
  return (request, response, next) => {
    const requestId = requestIdOf(request)
    if (bearerOf(request.headers.authorization) !== enrolToken) {
      response.status(401).json({ error: 'Unauthorized', code: 'UNAUTHENTICATED', requestId })
      return
    }
    parse(request, response, (fault: unknown) => {
      const parsed = enrolment.safeParse(fault === undefined ? request.body : undefined)
      if (!parsed.success) {
        response.status(400).json({ error: 'This is not an enrolment', code: 'VALIDATION_ERROR', requestId })
        return
      }
      const subject = { event: 'enrolment', resource: parsed.data.team.id, origin: originOf(request) } as const
      const work = () => enrol(store, parsed.data)
      trail.run(subject, work, outcomeNote).then((outcome) => {
        log('team enrols', { team: parsed.data.team.id, outcome })
        if (outcome === 'ok') response.json({ team: parsed.data.team.id })
        else
          response.status(409).json({ error: 'Another team has enrolled under this id', code: 'OTHER_KEY', requestId })
      }, next)
    })
  }
}

function outcomeNote(outcome: 'ok' | 'other-key'): readonly Note[] {
  return [{ phase: outcome === 'ok' ? 'done' : 'refused', details: { outcome } }]
}

async function enrol(store: PostgresStore, { team }: z.infer<typeof enrolment>): Promise<'ok' | 'other-key'> {
  const known = await knownTeam(store, team.id)
  if (known) {
    const isSame = known.publicKey === team.publicKey && known.recoveryKey === team.recoveryKey
    return isSame ? 'ok' : 'other-key'
  }
  // A team is a scope too, and may enter it unasked: its id must not be that of somebody's wedding.
  if ((await store.claimScopes(team.id, [team.id])) !== 'ok') return 'other-key'
  await keepTeam(store, team)
  return 'ok'
}

function cloudContext(
  store: PostgresStore,
  sync: ReplicaSync,
  rosters: RosterOf,
  books: Books,
  trail: Trail,
): ServerContext {
  const { changes, state, history } = store
  const people = openPeople(changes, state)

  const backlog = async (): ReturnType<ServerContext['backlog']> => ({
    upstreams: [],
    quarantined: (await quarantined(state)).length,
  })

  return {
    role: 'cloud',
    version: VERSION,
    stores: { changes, state, history },
    authenticate: (token) => callerOf(token, store),
    async weddingsOf(team) {
      return (await store.scopesOf(team)).filter((scope) => scope !== team)
    },
    claimWedding: async (team, weddingId) => (await store.claimScopes(team, [weddingId])) === 'ok',
    sealing: {
      /** A team that has an install seals on its devices. */
      isSealed: byHead(
        changes,
        async (team) => (await changes.inScope(team, { table: 'device_keys', limit: 1 })).length > 0,
      ),
      claimActor: ({ team, userId, deviceId }, actor, isTrial) =>
        people.claim({ team, userId, deviceId }, actor, isTrial),
    },
    authors: ({ team, userId, deviceId }) => people.authors({ team, userId, deviceId }),
    rosters,
    completeness: (scope) => sync.completeness(scope),
    dismiss: (deviceId) => sync.dismiss(deviceId),
    books,
    trail,
    async status(caller) {
      return {
        role: 'cloud',
        version: VERSION,
        deviceId: changes.epoch,
        deviceName: CLOUD_NAME,
        personName: '',
        userId: caller.userId,
        grant: {
          role: caller.grant.role,
          weddings: caller.grant.weddings === 'all' ? 'all' : [...caller.grant.weddings],
        },
        ...(await backlog()),
        devices: [],
      }
    },
    backlog,
  }
}
