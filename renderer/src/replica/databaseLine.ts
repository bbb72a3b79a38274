/** The line to the install's database: a message port in the app's own window, a WebSocket on loopback in a browser. */
import { z } from 'zod'
import type { Line } from '../../../model/line.ts'
import { DATABASE_PORT, WINDOW_PROTOCOL } from '../../../model/windowProtocol.ts'
import { portLine, socketLine } from './lines.ts'

/** What the preload script of the app's window gives to its page (preload/preload.ts). */
interface AppVerbs {
  restart(): Promise<unknown>
  connectDatabase(): Promise<unknown>
}

declare global {
  interface Window {
    /** Only in the app's own window. */
    readonly wedsync?: AppVerbs
  }
}

/** @param page address of the page that the local server gave */
export async function openDatabaseLine(page: string, secret: string): Promise<Line> {
  return window.wedsync ? portLine(await askForPort(window.wedsync)) : openSocketLine(page, secret)
}

const answered = z.union([z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false), error: z.string() })])

async function askForPort({ connectDatabase }: AppVerbs): Promise<MessagePort> {
  const { promise, resolve } = Promise.withResolvers<MessagePort>()
  const take = ({ source, data, ports: [port] }: MessageEvent): void => {
    // The preload script posts as this window itself; frames and other windows cannot.
    if (source === window && data === DATABASE_PORT && port) resolve(port)
  }
  window.addEventListener('message', take)
  try {
    const answer = answered.parse(await connectDatabase())
    if (!answer.ok) throw new Error(`the app does not open the database for this page (${answer.error})`)
    return await promise
  } finally {
    window.removeEventListener('message', take)
  }
}

/** The secret travels as a second subprotocol, which is not echoed. */
export async function openSocketLine(page: string, secret: string): Promise<Line> {
  const url = new URL('/api/offline/window/storage', page)
  url.protocol = 'ws:'
  const socket = new WebSocket(url, [WINDOW_PROTOCOL, secret])
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error('the local server did not open the database for this window'))
  })
  return socketLine(socket)
}
