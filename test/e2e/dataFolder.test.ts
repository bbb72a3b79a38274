/**
 * A data folder that another process has open, was killed in, or that is damaged: what starts on it says in one line what
 * is wrong, and leaves it and every wedding elsewhere as they were (`afterEach`).
 */
import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DOORS, type GuardedTeam, openGuardedTeam } from '../support/guardedTeam.ts'
import { expectOneLine, holdings, makeWedding, push, weddings } from '../support/teamCalls.ts'
import { rest, runningServers, type Server, serve, temporaryFolders, wedsync } from '../support/wedsync.ts'

const folders = temporaryFolders()
const servers = runningServers()
let guarded: GuardedTeam
let cloud: Server
let hub: Server
let at: GuardedTeam['at']
/** The folder of an install that was stopped in good order. */
let stoppedDir: string

async function stoppedInstall(): Promise<string> {
  const dir = folders.make('stopped')
  const server = await serve(['device', '--data', dir])
  const titles = Array.from({ length: 99 }, (_, index) => `Item ${index} ${'of a long day '.repeat(12)}`)
  await makeWedding(rest(server.ready.url, server.ready.token), 'Ana & Rui', titles)
  expect((await server.stop()).code).toBe(0)
  return dir
}

beforeAll(async () => {
  ;[stoppedDir, guarded] = await Promise.all([stoppedInstall(), openGuardedTeam(folders, servers)])
  ;({ cloud, hub, at } = guarded)
})

afterEach(() => guarded.expectUnchanged())

afterAll(async () => {
  await servers.killAll()
  folders.cleanUp()
})

describe('a data folder', () => {
  it('that a process has open is refused to a second one, and the first goes on', async () => {
    const dir = folders.make('hub')
    const ends = await Promise.all([
      wedsync(['device', '--data', dir, '--json']),
      wedsync(['restore', '--data', dir, '--at', new Date().toISOString()]),
      wedsync(['cloud', '--data', folders.make('cloud'), '--json']),
    ])
    const held = (server: Server, role: string) =>
      new RegExp(`in use by process ${server.pid}${role}.*: stop that first`)
    for (const end of ends.slice(0, 2))
      expectOneLine(end, { code: 3, line: held(hub, ` \\(hub at ${hub.ready.url}, since`) })
    for (const end of ends.slice(2)) expectOneLine(end, { code: 3, line: held(cloud, ' since') })
    for (const door of DOORS) expect((await at(door, 'health')).body).toMatchObject({ status: 'ok' })
  })

  it('of a process that was killed is taken over, with everything that was acknowledged', async () => {
    const dir = folders.make('killed')
    cpSync(stoppedDir, dir, { recursive: true })
    const first = await serve(['device', '--data', dir])
    const api = rest(first.ready.url, first.ready.token)
    const [wedding] = await weddings(api)
    const added = { wedding_id: wedding?.id, title: 'Acknowledged' }
    await push(api, [{ action: 'create', table: 'timeline_items', id: crypto.randomUUID(), data: added }])
    const held = await holdings(api)
    await first.kill()
    const second = await servers.up(['device', '--data', dir])
    expect(second.ready.deviceId).toBe(first.ready.deviceId)
    expect(await holdings(rest(second.ready.url, second.ready.token))).toEqual(held)
  })

  const damages: readonly (readonly [what: string, spoil: (bytes: Buffer) => Buffer, line: RegExp])[] = [
    ...[0.1, 0.5].map((place) => {
      const spoil = (bytes: Buffer) => {
        const from = Math.floor(bytes.length * place)
        return Buffer.from(bytes).fill(randomBytes(512), from, from + 512)
      }
      return [`with random bytes at ${place}`, spoil, /wedsync\.db cannot be read: it is damaged.*backup/] as const
    }),
    ['cut off', (bytes) => bytes.subarray(0, bytes.length / 2), /wedsync\.db cannot be read: it is damaged.*backup/],
    [
      'replaced by text',
      () => Buffer.from('Dear diary,\n'.repeat(1_000)),
      /wedsync\.db cannot be read: it is damaged.*backup/,
    ],
  ]

  it.each(damages)('whose database is %s is refused and left as it is', async (what, spoil, line) => {
    const dir = folders.make(`damaged ${what}`)
    cpSync(stoppedDir, dir, { recursive: true })
    const file = join(dir, 'wedsync.db')
    const damaged = spoil(readFileSync(file))
    writeFileSync(file, damaged)
    for (const command of [['verify'], ['hub', '--lan-host', '127.0.0.1', '--json']]) {
      expectOneLine(await wedsync([...command, '--data', dir]), { code: 1, line })
      expect(readFileSync(file).equals(damaged)).toBe(true)
    }
  })

  it.each([
    ['of another folder', randomBytes(32).toString('hex'), /the key beside it belongs to another one/],
    ['that is no key', 'open sesame', /key is not a database key.*put the right key file back/],
    ['that is gone', undefined, /key is missing.*put the key file back/],
  ])('with a key file %s is refused, and opens again with the right one', async (what, key, line) => {
    const dir = folders.make(`key ${what}`)
    cpSync(stoppedDir, dir, { recursive: true, filter: (path) => key !== undefined || !path.endsWith('/key') })
    if (key !== undefined) writeFileSync(join(dir, 'key'), key)
    const database = readFileSync(join(dir, 'wedsync.db'))
    expectOneLine(await wedsync(['device', '--data', dir, '--json']), { code: 1, line })
    expect(readFileSync(join(dir, 'wedsync.db')).equals(database)).toBe(true)
    cpSync(join(stoppedDir, 'key'), join(dir, 'key'))
    expect((await wedsync(['verify', '--data', dir])).code).toBe(0)
  })

  it('whose database is empty is not called faultless', async () => {
    const dir = folders.make('emptied')
    cpSync(stoppedDir, dir, { recursive: true })
    writeFileSync(join(dir, 'wedsync.db'), '')
    expectOneLine(await wedsync(['verify', '--data', dir]), { code: 1, line: /is empty.*backup/ })
    expect(readFileSync(join(dir, 'wedsync.db'))).toHaveLength(0)
  })
})
