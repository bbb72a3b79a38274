/**
 * The local server inside the app: entry of Electron's utility process.
 *
 *     main                          this process
 *      │ ── {type:'start', …} ──────► │  opens the install
 *      │ ◄── {type:'ready', windowUrl}│  or {type:'failed', message}
 *      │ ── {type:'window'}, a port ► │  gives the window at its other end the database
 *      │ ── {type:'stop'} ──────────► │  closes it, exits 0
 */
import { z } from 'zod'
import { unreachable } from '../model/result.ts'
import { MAX_QUOTA_MB } from './blobs/installBlobs.ts'
import { recoveryFrom } from './cli/recoveryOption.ts'
import { startFailure } from './cli/startErrors.ts'
import { type Install, openInstall } from './install/install.ts'
import { type MainPort, portLine } from './install/windowLines.ts'
import { createLog } from './log.ts'

const startMessage = z.object({
  type: z.literal('start'),
  dataDir: z.string().min(1),
  pagesDir: z.string().min(1),
  /** The database's key; absent when the key file beside the database holds it. */
  keyHex: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** 0 takes a free one. */
  port: z.int().min(0).max(65_535).default(0),
  join: z.string().optional(),
  /** The words of a recovery kit, or a file of them. */
  recover: z.string().optional(),
  cloud: z.object({ url: z.string(), token: z.string().optional() }).optional(),
  personName: z.string().optional(),
  deviceName: z.string().optional(),
  keepBackups: z.int().min(0).optional(),
  blobQuotaMegabytes: z.int().min(1).max(MAX_QUOTA_MB).optional(),
  takeOver: z.boolean().optional(),
  forgetLock: z.boolean().optional(),
  discovery: z.literal(false).optional(),
})

const toServer = z.discriminatedUnion('type', [
  startMessage,
  z.object({ type: z.literal('window') }),
  z.object({ type: z.literal('stop') }),
])

/** What Electron puts on `process` in a utility process, as far as it is used here. */
interface ParentPort {
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: readonly MainPort[] }) => void): void
  postMessage(message: unknown): void
}

const isParentPort = (value: unknown): value is ParentPort =>
  typeof value === 'object' && value !== null && 'on' in value && 'postMessage' in value

const parentPort = z.custom<ParentPort>(isParentPort, 'server/electron.ts runs only in a utility process of Electron')
const parent = parentPort.parse('parentPort' in process ? process.parentPort : undefined)

let opening: Promise<Install | undefined> | undefined

async function start({
  keyHex,
  join,
  recover: recoveryText,
  cloud,
  personName,
  deviceName,
  keepBackups,
  blobQuotaMegabytes,
  takeOver,
  forgetLock,
  ...message
}: z.infer<typeof startMessage>): Promise<Install | undefined> {
  const recover = recoveryFrom(recoveryText, cloud?.url)
  if (!recover.ok) {
    parent.postMessage({ type: 'failed', message: recover.error })
    return undefined
  }
  const opened = await openInstall({
    dataDir: message.dataDir,
    pagesDir: message.pagesDir,
    port: message.port,
    log: createLog(false),
    resumeHub: true,
    discovery: message.discovery ?? true,
    ...(keyHex !== undefined && { keyProvider: () => Buffer.from(keyHex, 'hex') }),
    ...(join !== undefined && { join }),
    ...(recover.value && { recover: recover.value }),
    ...(cloud && { cloud: { url: cloud.url, ...(cloud.token !== undefined && { token: cloud.token }) } }),
    ...(personName !== undefined && { personName }),
    ...(deviceName !== undefined && { deviceName }),
    ...(keepBackups !== undefined && { keepBackups }),
    ...(blobQuotaMegabytes !== undefined && { blobQuotaMegabytes }),
    ...(takeOver !== undefined && { takeOver }),
    ...(forgetLock !== undefined && { forgetLock }),
  })
  if (!opened.ok) {
    parent.postMessage({ type: 'failed', message: startFailure(opened.error).message })
    return undefined
  }
  parent.postMessage({ type: 'ready', windowUrl: opened.value.windowUrl })
  // The main process starts a server that ended by itself again.
  opened.value.reopen.then(() => opened.value.stop()).then(() => process.exit(EXIT_REOPEN))
  return opened.value
}

const EXIT_REOPEN = 1

/** Also while it is still opening: what was begun is finished first. */
async function stop(): Promise<never> {
  const install = await opening
  await install?.stop()
  process.exit(0)
}

async function connectWindow([port]: readonly MainPort[]): Promise<void> {
  if (!port) throw new Error('a window came without its port')
  const install = await opening
  if (install) install.connectWindow(portLine(port))
  else port.close()
}

// A rejection that nobody awaits ends this process with its stack on stderr; the main process notices the end.
parent.on('message', ({ data, ports }) => {
  const message = toServer.parse(data)
  switch (message.type) {
    case 'start':
      opening ??= start(message)
      return
    case 'window':
      void connectWindow(ports)
      return
    case 'stop':
      void stop()
      return
    default:
      unreachable(message)
  }
})

// Ctrl+C in a terminal reaches every process of the app. The main process closes the windows first and then says stop.
process.on('SIGINT', () => undefined)
