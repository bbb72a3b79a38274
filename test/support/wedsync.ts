/** Real `wedsync` processes for tests: started with `--json`, spoken to over REST, stopped or killed by pid. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Machine } from './namespaces.ts'

const CLI = fileURLToPath(new URL('../../server/cli/preflight.js', import.meta.url))
/** For what hangs: a busy machine is ten times slower. */
const START_TIMEOUT_MS = 120_000

export const readyLine = z.looseObject({
  event: z.literal('ready'),
  role: z.string(),
  url: z.string(),
  token: z.string().optional(),
  userId: z.string().optional(),
  deviceId: z.string().optional(),
  enrol: z.string().optional(),
  lan: z.object({ url: z.string(), fingerprint: z.string(), join: z.string(), browser: z.string() }).optional(),
  cloud: z.object({ state: z.string() }).optional(),
  notice: z.string().optional(),
})
export type Ready = z.infer<typeof readyLine>

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Server {
  readonly ready: Ready
  readonly pid: number
  readonly log: () => string
  /** Ends it in good order and waits. */
  stop(): Promise<Finished>
  /** `kill -9`. */
  kill(): Promise<Finished>
}

/** Runs a command to its end. */
export async function wedsync(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  return finished(start(args, env))
}

/** Starts a server and waits for its ready line. Throws with what it said if it ends instead. */
export async function serve(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  machine?: Machine,
): Promise<Server> {
  const child = start([...args, '--json'], env, machine)
  const ended = finished(child)
  let stdout = ''
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready: ${args.join(' ')}\n${stderr}`)), START_TIMEOUT_MS)
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      const end = stdout.indexOf('\n')
      if (end < 0) return
      clearTimeout(timer)
      resolve(readyLine.parse(JSON.parse(stdout.slice(0, end))))
    })
    void ended.then(({ code }) => {
      clearTimeout(timer)
      reject(new Error(`ended with ${code} before it was ready: ${args.join(' ')}\n${stderr}`))
    })
  })
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { ready, pid: child.pid ?? 0, log: () => stderr, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

function start(args: readonly string[], env: Readonly<Record<string, string>>, machine?: Machine): ChildProcess {
  const [command, rest] = machine?.command(process.execPath, CLI, ...args) ?? [process.execPath, [CLI, ...args]]
  return spawn(command, rest, {
    // Tests of finding hubs have networks of their own; the others stay off that of the machine.
    env: { ...process.env, WEDSYNC_NO_DISCOVERY: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function finished(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

export interface RunningServers {
  up(args: readonly string[]): Promise<Server>
  /** In good order; throws if it ends in another. */
  down(server: Server): Promise<void>
  kill(server: Server): Promise<void>
  /** Those that still run, when a test is over. */
  killAll(): Promise<void>
}

/** The servers that a test has started, so that none outlives it. */
export function runningServers(): RunningServers {
  const running = new Set<Server>()
  return {
    async up(args) {
      const server = await serve(args)
      running.add(server)
      return server
    },
    async down(server) {
      running.delete(server)
      const { code, stderr } = await server.stop()
      if (code !== 0) throw new Error(`a server that was to stop ended with ${code}: ${stderr}`)
    },
    async kill(server) {
      running.delete(server)
      await server.kill()
    },
    async killAll() {
      await Promise.all([...running].map((server) => server.kill()))
      running.clear()
    },
  }
}

/** A fresh folder that is removed by `cleanUp`. */
export function temporaryFolders(): { make(name: string): string; cleanUp(): void } {
  const root = mkdtempSync(join(tmpdir(), 'wedsync-e2e-'))
  return { make: (name) => join(root, name), cleanUp: () => rmSync(root, { recursive: true, force: true }) }
}

export interface Rest {
  get(path: string): Promise<{ status: number; body: unknown }>
  send(method: 'POST' | 'PUT', path: string, body: unknown): Promise<{ status: number; body: unknown }>
}

export function rest(url: string, token: string | undefined): Rest {
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/offline/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const raw: unknown = await response.json()
    return { status: response.status, body: raw }
  }
  return { get: (path) => call('GET', path), send: (method, path, body) => call(method, path, body) }
}

/** Asks again until the answer satisfies; the last answer is part of the error if it never does. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  timeoutMs = 30_000,
): Promise<T> {
  const until = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (satisfies(answer)) return answer
    if (Date.now() > until)
      throw new Error(`${what}: not within ${timeoutMs} ms; last seen ${JSON.stringify(answer).slice(0, 2_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
