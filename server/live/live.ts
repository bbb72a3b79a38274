/** The live channel: `GET /api/offline/live`, a WebSocket (`model/rest/live.ts` says what goes over it). */
import type { IncomingMessage } from 'node:http'
import type { RawData, WebSocket } from 'ws'
import { type LiveHello, liveHello, liveQuery } from '../../model/rest/live.ts'
import { hasOwnRights, mayEnterWedding } from '../../model/roles.ts'
import { WINDOW_PROTOCOL } from '../../model/windowProtocol.ts'
import type { UpgradeRoute } from '../http/upgrades.ts'
import { bearerOf } from '../install/callers.ts'
import type { Caller, ServerContext } from '../rest/context.ts'
import { describeFault } from '../rest/errors.ts'
import { scopeIndexOf } from '../rest/scopeIndex.ts'
import { admitSession } from '../rest/sessionDoor.ts'
import { type Channel, type ChannelParts, openChannel } from './channel.ts'
import type { Told } from './ring.ts'
import type { Signal } from './signal.ts'

export const LIVE_PATH = '/api/offline/live'

/** A client that has not said who it is. */
const HELLO_MS = 5_000
/** What is not announced (that a presence lapsed, a token expired, a letter was put away elsewhere) is looked for so often. */
const ROUND_MS = 5_000
const ROUNDS_PER_PING = 6
/** A role that nobody listens for any more is watched for so long, for those that come back. */
const KEEP_MS = 300_000
const MAX_CLIENTS = 1_000
const MAX_HELLO_BYTES = 16_384
/** What may wait for a client that does not read; it is cut off then, and comes back with `since`. */
const MAX_BUFFERED_BYTES = 1_000_000

/** Close codes of our own, by the HTTP status that says the same. */
const UNAUTHENTICATED = 4401
const REVOKED = 4403
const BAD_HELLO = 4400
const FAILED = 1011

export interface LiveOptions extends Pick<ChannelParts, 'sync' | 'rosters' | 'log'> {
  readonly context: ServerContext
  /** Whatever the sync tells of itself may have changed. */
  readonly changed: Signal
}

export interface Live {
  /** For one door: who comes in there is what this function says. */
  route(authenticate: ServerContext['authenticate']): UpgradeRoute
  close(): Promise<void>
}

interface Client {
  readonly caller: Caller
  readonly socket: WebSocket
  readonly token: string
  readonly authenticate: ServerContext['authenticate']
  hasAnswered: boolean
}

interface Watched {
  readonly channel: Channel
  readonly team: string
  idleSinceMs: number
}

export function openLive({ context, rosters, sync, log, changed }: LiveOptions): Live {
  const { changes } = context.stores
  const parts = { context, rosters, sync, log, index: scopeIndexOf(changes) }
  const channels = new Map<string, Watched>()
  const clients = new Set<Client>()
  const unsubscribe = [
    changes.subscribe((scope) => {
      for (const { channel } of channels.values()) channel.touch(scope)
      for (const client of clients) if (client.caller.team === scope) void checkStillIn(client)
    }),
    changed.subscribe(() => touchOthers()),
    sync.presence.subscribe(() => touchOthers()),
  ]
  let round = 0
  const rounds = setInterval(goRound, ROUND_MS)

  function touchOthers(): void {
    for (const { channel } of channels.values()) channel.touch()
  }

  function goRound(): void {
    round += 1
    for (const [key, watched] of channels) {
      if (watched.channel.listeners > 0) watched.idleSinceMs = performance.now()
      if (performance.now() - watched.idleSinceMs > KEEP_MS) {
        channels.delete(key)
        void watched.channel.close()
      } else watched.channel.touchAll()
    }
    for (const client of clients) {
      void checkStillIn(client)
      if (round % ROUNDS_PER_PING !== 0) continue
      if (!client.hasAnswered) client.socket.terminate()
      client.hasAnswered = false
      client.socket.ping()
    }
  }

  /** A token runs out, and a device is shut out, while a line is open. */
  async function checkStillIn({ caller, socket, token, authenticate }: Client): Promise<void> {
    try {
      if (!(await authenticate(token))) socket.close(UNAUTHENTICATED, 'UNAUTHENTICATED')
      else if ((await rosters(caller.team)).isRevoked(caller.userId, caller.deviceId)) socket.close(REVOKED, 'REVOKED')
    } catch (fault) {
      log('live:failed', describeFault(fault))
      socket.close(FAILED, 'INTERNAL_ERROR')
    }
  }

  function channelOf(caller: Caller): Channel {
    const { team, userId, grant } = caller
    // Whoever sees their own besides is told apart from others of the role.
    const own = hasOwnRights(grant.role) ? [userId, grant.vendors] : []
    const key = JSON.stringify([team, grant.role, ...own])
    const known = channels.get(key)
    if (known) return known.channel
    const channel = openChannel(parts, caller)
    channels.set(key, { channel, team: caller.team, idleSinceMs: performance.now() })
    return channel
  }

  async function admit(
    socket: WebSocket,
    { token, since }: LiveHello,
    authenticate: ServerContext['authenticate'],
  ): Promise<void> {
    const caller = await authenticate(token)
    if (!caller) return socket.close(UNAUTHENTICATED, 'UNAUTHENTICATED')
    const admitted = await admitSession(caller, { rosters, trail: context.trail }, 'live channel')
    if (!admitted.ok) return socket.close(REVOKED, admitted.error.code)
    if (socket.readyState !== socket.OPEN) return
    const client: Client = { caller, socket, token, authenticate, hasAnswered: true }
    clients.add(client)
    socket.on('pong', () => {
      client.hasAnswered = true
    })
    const channel = channelOf(caller)
    const listener = (told: Told): void => send(client, told)
    socket.once('close', () => {
      clients.delete(client)
      channel.leave(listener)
    })
    await channel.join(since, listener)
    if (socket.readyState !== socket.OPEN) channel.leave(listener)
  }

  function send({ socket, caller }: Client, { event, scope }: Told): void {
    if (scope !== undefined && !mayEnterWedding(caller.grant, scope)) return
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate()
    else socket.send(JSON.stringify(event))
  }

  function serve(socket: WebSocket, request: IncomingMessage, authenticate: ServerContext['authenticate']): void {
    const query = liveQuery.safeParse(queryOf(request))
    const shown = tokenOf(request)
    let hasSpoken = shown !== undefined
    const tooLate = setTimeout(() => !hasSpoken && socket.close(UNAUTHENTICATED, 'UNAUTHENTICATED'), HELLO_MS)
    socket.once('close', () => clearTimeout(tooLate))
    socket.on('error', () => socket.terminate())
    if (!query.success) {
      socket.close(BAD_HELLO, 'VALIDATION_ERROR')
      return
    }
    const { since } = query.data

    function begin(hello: LiveHello): void {
      admit(socket, hello, authenticate).catch((fault) => {
        log('live:failed', describeFault(fault))
        socket.close(FAILED, 'INTERNAL_ERROR')
      })
    }

    socket.on('message', (data: RawData) => {
      const hello = hasSpoken ? undefined : parseHello(data)
      hasSpoken = true
      if (hello) begin({ since, ...hello })
      else socket.close(BAD_HELLO, 'VALIDATION_ERROR')
    })
    if (shown !== undefined) begin({ token: shown, since })
  }

  return {
    route: (authenticate) => ({
      path: LIVE_PATH,
      takesTokenAsProtocol: true,
      async refusal(request) {
        if (clients.size >= MAX_CLIENTS) return '503 Service Unavailable'
        const token = tokenOf(request)
        // Without a token here, the first message has it.
        return token === undefined || (await authenticate(token, request.socket)) ? undefined : '401 Unauthorized'
      },
      serve: (socket, request) => serve(socket, request, (token) => authenticate(token, request.socket)),
    }),
    async close() {
      clearInterval(rounds)
      for (const end of unsubscribe) end()
      for (const { socket } of clients) socket.close(1001, 'the server stops')
      await Promise.all([...channels.values()].map(({ channel }) => channel.close()))
    },
  }
}

function queryOf({ url = '' }: IncomingMessage): unknown {
  return Object.fromEntries(new URL(url, 'http://localhost').searchParams)
}

/** A browser cannot send headers with an upgrade, but it can name subprotocols. */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim())
  return bearerOf(headers.authorization) ?? protocols.find((each) => each !== '' && each !== WINDOW_PROTOCOL)
}

function parseHello(data: RawData): LiveHello | undefined {
  const text = data.toString()
  if (text.length > MAX_HELLO_BYTES) return undefined
  try {
    return liveHello.safeParse(JSON.parse(text)).data
  } catch {
    return undefined // not JSON
  }
}
