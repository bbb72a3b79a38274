/** Installs on machines of their own in a network without a way out, and what a person there does over REST. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Machine } from './namespaces.ts'
import { type Rest, type Server, serve } from './wedsync.ts'

const FETCHER = fileURLToPath(new URL('./fetcher.ts', import.meta.url))
const reply = z.object({ n: z.number(), status: z.number(), body: z.unknown() })

interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Laptop {
  readonly server: Server
  readonly rest: Rest
  /** The same server, asked as somebody else. */
  restAs(token: string): Rest
  /** The process ends without a word. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts `wedsync` with these arguments on a machine, with looking for hubs switched on. */
export async function openLaptop(machine: Machine, args: readonly string[]): Promise<Laptop> {
  const server = await serve(args, { WEDSYNC_NO_DISCOVERY: '' }, machine)
  const [command, rest] = machine.command(process.execPath, FETCHER)
  const fetcher = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const end = async (finish: () => Promise<unknown>) => {
    await finish()
    await ended(fetcher)
  }
  const restAs = restThrough(fetcher, server.ready.url)
  return {
    server,
    rest: restAs(server.ready.token ?? ''),
    restAs,
    kill: () => end(server.kill),
    stop: () => end(server.stop),
  }
}

function restThrough(fetcher: ChildProcess, server: string): (token: string) => Rest {
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let last = 0
  if (!fetcher.stdout || !fetcher.stdin) throw new Error('the fetcher has no pipes')
  const { stdin } = fetcher
  createInterface(fetcher.stdout).on('line', (line) => {
    const { n, status, body } = reply.parse(JSON.parse(line))
    waiting.get(n)?.resolve({ status, body })
    waiting.delete(n)
  })
  fetcher.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the fetcher has ended'))
  })
  return (token) => {
    const call = (method: string, path: string, body?: unknown) => {
      const n = ++last
      const answer = Promise.withResolvers<Answer>()
      waiting.set(n, answer)
      stdin.write(`${JSON.stringify({ n, url: `${server}/api/offline/${path}`, token, method, body })}\n`)
      return answer.promise
    }
    return { get: (path) => call('GET', path), send: (method, path, body) => call(method, path, body) }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  await exit
}
