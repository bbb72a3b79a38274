/** The door for this computer: the window, scripts and the command line, on loopback only. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import express, { type RequestHandler } from 'express'
import type { Line } from '../../model/line.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { WINDOW_PROTOCOL } from '../../model/windowProtocol.ts'
import { type ListenError, listen, stopListening } from '../http/listen.ts'
import { pages, securityHeaders } from '../http/pages.ts'
import { serveUpgrades, type UpgradeRoute } from '../http/upgrades.ts'
import type { Live } from '../live/live.ts'
import type { Log } from '../log.ts'
import { answerBadConnections, SERVER_LIMITS } from '../protection/httpServer.ts'
import { createApi } from '../rest/api.ts'
import type { ServerContext } from '../rest/context.ts'
import { requestIdOf } from '../rest/requestState.ts'
import { callerOf, ownCaller } from './callers.ts'
import { type CommandDoorParts, commandDoor } from './commandDoor.ts'
import type { InstallParts } from './context.ts'
import { serveWindow } from './remoteWindow.ts'
import { windowDoor } from './windowDoor.ts'
import { socketLine } from './windowLines.ts'
import { openWindowLock, type WindowLock } from './windowLock.ts'

const LOOPBACK = '127.0.0.1'
const CHECK_EVERY_MS = 1_000
/** Why a line was closed, in the word that the REST API has for it. */
const LOCKED = 'LOCKED'

export interface LoopbackOptions extends InstallParts {
  readonly live: Live
  readonly port: number
  /** Given to the window that this process opens, and to nobody else; it ends with the process. */
  readonly launchSecret: string
  readonly pagesDir: string
  readonly contextFor: (authenticate: ServerContext['authenticate']) => ServerContext
  /** Absent where commands need nothing from this process. */
  readonly commands?: CommandDoorParts
  readonly log: Log
}

export interface Loopback {
  readonly url: string
  readonly windowUrl: string
  /** Gives the window of this install, and no other, its database. One that is locked loses it at once. */
  connectWindow(line: Line): void
  stop(): Promise<void>
}

export function newLaunchSecret(): string {
  return randomBytes(32).toString('base64url')
}

export async function openLoopback(options: LoopbackOptions): Promise<Result<Loopback, ListenError>> {
  const { identity, store, launchSecret } = options
  const app = express()
  app.disable('x-powered-by')
  const server = createServer(SERVER_LIMITS, app)
  answerBadConnections(server)
  const listening = await listen(server, options.port, LOOPBACK)
  if (!listening.ok) return err(listening.error)
  const port = listening.value
  const hosts: ReadonlySet<string> = new Set([`${LOOPBACK}:${port}`, `localhost:${port}`])

  app.use(ownHostsOnly(hosts), securityHeaders)
  const windows = new Set<Line>()
  const endWindows = (reason: string): void => {
    for (const line of windows) line.close(reason)
  }
  const lock = await openWindowLock(store.state, Date.now, () => endWindows(LOCKED))
  function connectWindow(line: Line): void {
    if (lock.isLocked()) {
      line.close(LOCKED)
      return
    }
    windows.add(line)
    line.onClose(() => windows.delete(line))
    serveWindow(line, store, options.people.isRetired)
  }
  const checks = setInterval(lock.check, CHECK_EVERY_MS)
  app.use('/api/offline', windowDoor({ ...options, lock }))
  if (options.commands) app.use(commandDoor(options.commands))
  const authenticate = async (token: string) => {
    if (token !== launchSecret) return callerOf(token, identity)
    return lock.isLocked() ? undefined : ownCaller(identity)
  }
  app.use('/api/offline', createApi(options.contextFor(authenticate), options.log))
  app.use(pages(options.pagesDir))
  const upgrades = serveUpgrades(
    server,
    [
      windowRoute(hosts, launchSecret, lock, (socket) => connectWindow(socketLine(socket))),
      options.live.route(authenticate),
    ],
    options.log,
  )

  const url = `http://${LOOPBACK}:${port}`
  return ok({
    url,
    windowUrl: `${url}/#launch=${launchSecret}`,
    connectWindow,
    async stop() {
      clearInterval(checks)
      endWindows('STOPPED')
      upgrades.close()
      await stopListening(server)
    },
  })
}

/** A page of a stranger may resolve its own name to this machine (DNS rebinding); it cannot forge the Host header. */
function ownHostsOnly(hosts: ReadonlySet<string>): RequestHandler {
  return (request, response, next) => {
    if (hosts.has(request.headers.host ?? '')) return next()
    const error = 'This address is for this computer only'
    response.status(403).json({ error, code: 'FORBIDDEN', requestId: requestIdOf(request) })
  }
}

function windowRoute(
  hosts: ReadonlySet<string>,
  secret: string,
  lock: WindowLock,
  serve: UpgradeRoute['serve'],
): UpgradeRoute {
  return {
    path: '/api/offline/window/storage',
    refusal({ headers }) {
      const { host = '', origin } = headers
      if (!hosts.has(host) || origin !== `http://${host}`) return '403 Forbidden'
      const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
      const isOwn = protocols.includes(WINDOW_PROTOCOL) && protocols.includes(secret)
      return isOwn && !lock.isLocked() ? undefined : '401 Unauthorized'
    },
    serve,
  }
}
