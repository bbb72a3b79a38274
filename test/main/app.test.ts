/** The bundles of main and server as they are packaged, run by Node with a stand-in for the module `electron`. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import type { StandInCommand } from '../support/electronStandInModule.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HOOKS = fileURLToPath(new URL('../support/electronStandInHooks.ts', import.meta.url))
const WAIT_MS = 15_000

const said = z.looseObject({ event: z.string() })
type Said = z.infer<typeof said>

let bundles = ''
let dataDir = ''
let apps: RunningApp[] = []

beforeAll(async () => {
  // Below the repository, so that the bundles find the packages that stay packages.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true })
  bundles = mkdtempSync(join(ROOT, 'node_modules/.cache/wedsync-app-'))
  for (const part of ['main', 'preload', 'server']) {
    const configFile = join(ROOT, part, 'vite.config.ts')
    await build({ configFile, logLevel: 'error', build: { outDir: join(bundles, part) } })
  }
}, 60_000)
afterAll(() => rmSync(bundles, { recursive: true, force: true }))
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'wedsync-app-'))
})
afterEach(async () => {
  for (const { process } of apps) process.kill('SIGKILL')
  await Promise.all(apps.map(({ exited }) => exited))
  apps = []
  rmSync(dataDir, { recursive: true, force: true })
})

interface RunningApp {
  readonly process: ChildProcess
  readonly exited: Promise<number | null>
  readonly events: readonly Said[]
  stderr(): string
  order(command: StandInCommand): void
  /** The next such event that this was not called for yet. */
  next(event: string): Promise<Said>
  /** The address that the window is told to load next. */
  nextPage(): Promise<string>
}

function startApp(env: Readonly<Record<string, string>> = {}): RunningApp {
  const child = fork(join(bundles, 'main/main.js'), [], {
    execArgv: ['--import', HOOKS],
    env: { ...process.env, WEDSYNC_DATA: dataDir, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const events: Said[] = []
  const taken = new Set<Said>()
  let stderr = ''
  child.on('message', (message) => events.push(said.parse(message)))
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  async function next(event: string): Promise<Said> {
    const until = Date.now() + WAIT_MS
    for (;;) {
      const found = events.find((candidate) => candidate.event === event && !taken.has(candidate))
      if (found) {
        taken.add(found)
        return found
      }
      if (Date.now() > until) throw new Error(`no "${event}"; there was ${JSON.stringify(events)}\n${stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const app: RunningApp = {
    process: child,
    exited,
    events,
    stderr: () => stderr,
    order: (command) => void child.send(command),
    next,
    nextPage: async () => z.string().parse((await next('load')).url),
  }
  apps.push(app)
  return app
}

/** Who the server says it is: the same after a restart if it has the same database. */
async function deviceAt(windowUrl: string): Promise<string> {
  const { origin, hash } = new URL(windowUrl)
  const secret = hash.replace('#launch=', '')
  const answer = await fetch(`${origin}/api/offline/window`, { headers: { authorization: `Bearer ${secret}` } })
  return z.object({ deviceId: z.string() }).parse(await answer.json()).deviceId
}

it('opens a locked-down window on its own server, and quits in order', async () => {
  const app = startApp()
  const page = await app.nextPage()
  expect((await app.next('window')).options).toMatchObject({
    width: 1280,
    height: 800,
    webPreferences: { contextIsolation: true, sandbox: true, nodeIntegration: false, partition: 'wedsync' },
  })
  const device = await deviceAt(page)
  expect(existsSync(join(dataDir, 'window/key.safe'))).toBe(true)
  expect(existsSync(join(dataDir, 'key'))).toBe(false)
  app.order({ do: 'quit' })
  expect(await app.exited).toBe(0)
  await expect(fetch(page)).rejects.toThrow()

  const again = startApp()
  expect(await deviceAt(await again.nextPage())).toBe(device)
  again.order({ do: 'close-window' })
  expect(await again.exited).toBe(0)
  expect(again.stderr()).not.toMatch(/[0-9a-f]{64}/)
})

it('keeps the key in the key file where there is no key store, and says so', async () => {
  const app = startApp({ STAND_IN_KEY_STORE: 'none' })
  await app.nextPage()
  expect(existsSync(join(dataDir, 'key'))).toBe(true)
  expect(existsSync(join(dataDir, 'window/key.safe'))).toBe(false)
  expect(app.stderr()).toContain('database key in the key file reason=no-key-store')
})

it('revives the server once and loads its new page, then tells the person', async () => {
  const app = startApp()
  const first = await app.nextPage()
  const device = await deviceAt(first)
  app.order({ do: 'kill-server' })
  const second = await app.nextPage()
  expect(second).not.toBe(first)
  expect(await deviceAt(second)).toBe(device)
  expect(app.events.filter(({ event }) => event === 'window')).toHaveLength(1)
  app.order({ do: 'kill-server' })
  expect((await app.next('message-box')).detail).toContain('twice within a minute')
  expect(await app.exited).toBe(70)
})

it('starts the server afresh for its own page only', async () => {
  const app = startApp()
  const page = await app.nextPage()
  const ask = async (frameUrl: string, isInside: boolean) => {
    app.order({ do: 'invoke', channel: 'server:restart', frameUrl, isInside })
    return (await app.next('answer')).answer
  }
  expect(await ask('https://evil.example/', false)).toEqual({ ok: false, error: 'untrusted-sender' })
  expect(await ask(page, true)).toEqual({ ok: false, error: 'untrusted-sender' })
  expect(await ask(page, false)).toEqual({ ok: true })
  expect(await app.nextPage()).not.toBe(page)
})

it('lets nothing but its own page into the window', async () => {
  const app = startApp()
  const page = await app.nextPage()
  const go = async (url: string, isMainFrame = true) => {
    app.order({ do: 'navigate', url, isMainFrame })
    return (await app.next('navigated')).prevented
  }
  expect(await go(page)).toBe(false)
  expect(await go(page, false)).toBe(true)
  expect(await go('file:///etc/passwd')).toBe(true)
  expect(await go('https://example.org/')).toBe(true)
  expect((await app.next('external')).url).toBe('https://example.org/')
  app.order({ do: 'open', url: 'https://example.org/map' })
  expect((await app.next('opened')).answer).toEqual({ action: 'deny' })
  expect((await app.next('external')).url).toBe('https://example.org/map')
  app.order({ do: 'open', url: 'http://example.org/' })
  expect((await app.next('opened')).answer).toEqual({ action: 'deny' })
  expect(app.events.filter(({ event }) => event === 'external')).toHaveLength(2)
  for (const [permission, granted] of [
    ['media', false],
    ['geolocation', false],
    ['clipboard-read', false],
    ['clipboard-sanitized-write', true],
  ] as const) {
    app.order({ do: 'request', permission })
    expect((await app.next('permission')).granted).toBe(granted)
  }
})

it('is there once: a second start shows the first window', async () => {
  const app = startApp()
  await app.nextPage()
  expect(await startApp({ STAND_IN_LOCK: 'taken' }).exited).toBe(0)
  app.order({ do: 'second-instance' })
  await app.next('focus')
})

it('says why it cannot start', async () => {
  const file = join(dataDir, 'not-a-folder')
  writeFileSync(file, '')
  const app = startApp({ WEDSYNC_DATA: join(file, 'data') })
  expect((await app.next('error-box')).title).toBe('WedSync cannot start')
  expect(await app.exited).toBe(70)
})
