/** The bundles of main and server as they are packaged, run by Node with a stand-in for the module `electron`. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { buildApp, type StandInApp, startStandInApp } from '../support/standInApp.ts'
import { expectOneLine } from '../support/teamCalls.ts'
import { wedsync } from '../support/wedsync.ts'

let bundles = ''
let dataDir = ''
let apps: StandInApp[] = []

beforeAll(async () => {
  bundles = await buildApp()
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

function startApp(env: Readonly<Record<string, string>> = {}): StandInApp {
  const app = startStandInApp(bundles, dataDir, env)
  apps.push(app)
  return app
}

/** Asks as a frame at an address would, of the page itself or inside it. */
function askOver(app: StandInApp, channel: string): (frameUrl: string, isInside: boolean) => Promise<unknown> {
  return async (frameUrl, isInside) => {
    app.order({ do: 'invoke', channel, frameUrl, isInside })
    return (await app.next('answer')).answer
  }
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

it('is asked by commands that need the key which only it has, and they say so when it is closed', async () => {
  const app = startApp()
  await app.nextPage()
  const stick = join(dataDir, 'stick')
  mkdirSync(stick)
  const out = join(stick, 'team.backup')
  const backup = ['backup', '--data', dataDir, '--out', out]
  const made = await wedsync([...backup, '--json'])
  expect([made.code, made.stderr]).toEqual([0, ''])
  expect(JSON.parse(made.stdout)).toMatchObject({ file: out, records: expect.any(Number), keyFile: `${out}.key` })
  expect((await wedsync(['verify', '--data', dataDir])).stdout).toMatch(/^Everything is as it should be/m)
  const url = new URL(
    '/api/offline/command/verify',
    String(JSON.parse(readFileSync(join(dataDir, 'holder.json'), 'utf8')).url),
  )
  expect((await fetch(url, { method: 'POST', headers: { authorization: 'Bearer guess' } })).status).toBe(401)
  app.order({ do: 'quit' })
  expect(await app.exited).toBe(0)

  const isClosed = { code: 1, line: /key store, which only the app can open: open WedSync, and run this again/ }
  expectOneLine(await wedsync(backup), isClosed)
  expectOneLine(await wedsync(['verify', '--data', dataDir]), isClosed)
  const restoring = ['restore', '--from', out, '--data']
  expectOneLine(await wedsync([...restoring, dataDir]), { code: 1, line: /Restore into a new folder/ })
  expect((await wedsync([...restoring, join(dataDir, 'new')])).code).toBe(0)
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
  const ask = askOver(app, 'server:restart')
  expect(await ask('https://evil.example/', false)).toEqual({ ok: false, error: 'untrusted-sender' })
  expect(await ask(page, true)).toEqual({ ok: false, error: 'untrusted-sender' })
  expect(await ask(page, false)).toEqual({ ok: true })
  expect(await app.nextPage()).not.toBe(page)
})

it('gives the database to its own page only', async () => {
  const app = startApp()
  const page = await app.nextPage()
  const ask = askOver(app, 'database:connect')
  expect(await ask('https://evil.example/', false)).toEqual({ ok: false, error: 'untrusted-sender' })
  expect(await ask(page, true)).toEqual({ ok: false, error: 'untrusted-sender' })
  expect(app.events.filter(({ event }) => event === 'post')).toEqual([])
  expect(await ask(page, false)).toEqual({ ok: true })
  expect(await app.next('post')).toMatchObject({ channel: 'database:port', ports: [expect.any(String)] })
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
