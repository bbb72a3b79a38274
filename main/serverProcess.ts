/** One run of the local server in a process of its own. The other end is `server/electron.ts`. */
import { z } from 'zod'
import { err, ok, type Result } from '../model/result.ts'

/** What the server is started with; `server/electron.ts` checks it. */
export interface ServerSettings {
  readonly dataDir: string
  readonly pagesDir: string
  /** Absent when the key file beside the database holds the key. */
  readonly keyHex?: string
  readonly port?: number
  readonly join?: string
  /** The words of a recovery kit, or a file of them; with `cloud`. */
  readonly recover?: string
  readonly cloud?: { readonly url: string; readonly token?: string }
  readonly personName?: string
  readonly deviceName?: string
  /** How many backups are kept. */
  readonly keepBackups?: number
  /** Room for photos and documents. */
  readonly blobQuotaMegabytes?: number
  /** Become the hub when the hub is gone. */
  readonly takeOver?: boolean
  /** Neither look for hubs on the network nor announce this one. */
  readonly discovery?: false
  /** Take the window's lock away, whose passphrase is forgotten. */
  readonly forgetLock?: boolean
}

export type ToServer =
  | ({ readonly type: 'start' } & ServerSettings)
  | { readonly type: 'stop' }
  /** Comes with a port: the line of a window to its database. */
  | { readonly type: 'window' }

const fromServer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), windowUrl: z.url({ protocol: /^http$/, hostname: /^127\.0\.0\.1$/ }) }),
  z.object({ type: z.literal('failed'), message: z.string() }),
])

/** A process that was just forked: Electron's utility process, or a plain one in tests. */
export interface ServerChild {
  send(message: ToServer): void
  onMessage(listener: (message: unknown) => void): void
  onExit(listener: () => void): void
  kill(): void
}

export interface RunningServer {
  readonly windowUrl: string
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<void>
  /** Resolves when everything is closed, or was cut off because it took too long. */
  stop(): Promise<void>
}

/** Leaves a little of the five seconds in which the whole app has to end. */
const STOP_WITHIN_MS = 4_000

/** @returns the server when it answers, or a sentence that says why it does not */
export async function startServer(
  child: ServerChild,
  settings: ServerSettings,
): Promise<Result<RunningServer, string>> {
  const ended = new Promise<void>((resolve) => child.onExit(resolve))
  const answered = new Promise<z.infer<typeof fromServer>>((resolve) => {
    child.onMessage((message) => resolve(fromServer.parse(message)))
  })
  child.send({ type: 'start', ...settings })
  const answer = await Promise.race([answered, ended])

  async function stop(): Promise<void> {
    child.send({ type: 'stop' })
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<'too-long'>((resolve) => {
      timer = setTimeout(() => resolve('too-long'), STOP_WITHIN_MS)
    })
    // What was acknowledged is on disk, so a kill loses nothing.
    if ((await Promise.race([ended, tooLong])) === 'too-long') child.kill()
    clearTimeout(timer)
  }

  if (!answer) return err('The local server ended before it was ready. Start WedSync again.')
  if (answer.type === 'ready') return ok({ windowUrl: answer.windowUrl, ended, stop })
  await stop()
  return err(answer.message)
}
