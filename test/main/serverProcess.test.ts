/** `server/electron.ts` for real, in a process of its own; only `process.parentPort` is a stand-in. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ServerSettings, startServer } from '../../main/serverProcess.ts'
import { type ForkedServer, forkServer } from '../support/electronStandInServer.ts'

const KEY = '1f'.repeat(32)
const OTHER_KEY = '2e'.repeat(32)

let dataDir = ''
let forked: ForkedServer[] = []

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'wedsync-server-'))
})
afterEach(async () => {
  for (const { process } of forked) process.kill('SIGKILL')
  await Promise.all(forked.map(({ exited }) => exited))
  forked = []
  rmSync(dataDir, { recursive: true, force: true })
})

function start(settings: Partial<ServerSettings> = {}) {
  const server = forkServer()
  forked.push(server)
  const pagesDir = join(dataDir, 'pages')
  return { server, starting: startServer(server.child, { dataDir, pagesDir, keyHex: KEY, ...settings }) }
}

it('serves until it is told to stop, and leaves no key file', async () => {
  const { server, starting } = start()
  const started = await starting
  if (!started.ok) throw new Error(started.error)
  const { windowUrl, stop } = started.value
  expect(windowUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#launch=/)
  const health = await fetch(new URL('/api/offline/health', windowUrl))
  expect(await health.json()).toMatchObject({ status: 'ok', role: 'local' })
  await stop()
  expect(await server.exited).toBe(0)
  expect(existsSync(join(dataDir, 'key'))).toBe(false)
})

it('says in a sentence that the key is wrong, and ends', async () => {
  const first = await start().starting
  if (!first.ok) throw new Error(first.error)
  await first.value.stop()
  const { server, starting } = start({ keyHex: OTHER_KEY })
  expect(await starting).toEqual({ ok: false, error: expect.stringMatching(/^The database .* cannot be read: .*\.$/) })
  expect(await server.exited).toBe(0)
})

it('says who has the folder open', async () => {
  await start().starting
  expect(await start().starting).toEqual({ ok: false, error: expect.stringContaining('is in use by process') })
})

it('finishes opening before it stops', async () => {
  const { server, starting } = start()
  server.child.send({ type: 'stop' })
  expect(await starting).toMatchObject({ ok: true })
  expect(await server.exited).toBe(0)
})

it('uses the key file when the key store has no key', async () => {
  const server = forkServer()
  forked.push(server)
  const started = await startServer(server.child, { dataDir, pagesDir: dataDir })
  expect(started).toMatchObject({ ok: true })
  expect(existsSync(join(dataDir, 'key'))).toBe(true)
})

it('is an end, and not a wait, when the process dies while it starts', async () => {
  const { server, starting } = start()
  server.process.kill('SIGKILL')
  expect(await starting).toEqual({ ok: false, error: expect.stringContaining('ended before it was ready') })
})

it.skipIf(process.platform === 'win32')(
  'waits four seconds for a server that does not stop, and then kills it',
  async () => {
    const { server, starting } = start()
    const started = await starting
    if (!started.ok) throw new Error(started.error)
    server.process.kill('SIGSTOP')
    const before = performance.now()
    await started.value.stop()
    expect(performance.now() - before).toBeLessThan(5_000)
  },
)
