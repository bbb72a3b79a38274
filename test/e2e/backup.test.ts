/** Backups as people need them, with real processes: the laptop is lost, somebody deletes the wrong thing, a disk goes bad. */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { installStatus } from '../../model/database/status.ts'
import { backupName } from '../../server/backup/rotation.ts'
import { addPhoto, hashAt, hashOf } from '../support/photos.ts'
import { expectOneLine, fewAtATime, holdings, makeWedding, push, records } from '../support/teamCalls.ts'
import { eventually, rest, type Server, serve, temporaryFolders, wedsync } from '../support/wedsync.ts'

const folders = temporaryFolders()
const running = new Set<Server>()
afterEach(async () => {
  for (const server of running) await server.stop()
  running.clear()
})
afterAll(() => folders.cleanUp())

async function up(args: readonly string[]): Promise<Server> {
  const server = await serve(args)
  running.add(server)
  return server
}

async function down(server: Server, how: 'stop' | 'kill' = 'stop'): Promise<void> {
  running.delete(server)
  await server[how]()
}

const hubAt = (dir: string) => up(['hub', '--data', dir, '--lan-host', '127.0.0.1'])
const apiOf = ({ ready }: Server) => rest(ready.url, ready.token)

/** Runs a command that has to go well. @returns what it printed */
async function done(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await wedsync(args, env)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

async function titles(server: Server, weddingId: string): Promise<readonly string[]> {
  return (await records(apiOf(server), weddingId, 'timeline_items')).map(({ data }) => String(data.title)).sort()
}

function edit(server: Server, weddingId: string, id: string, title: string): Promise<void> {
  const data = { wedding_id: weddingId, title }
  return push(apiOf(server), [{ action: 'update', table: 'timeline_items', id, data }])
}

function add(server: Server, weddingId: string, title: string): Promise<void> {
  const change = { table: 'timeline_items', id: crypto.randomUUID(), data: { wedding_id: weddingId, title } }
  return push(apiOf(server), [{ action: 'create', ...change }])
}

/** Both hold the same, value by value, and know it. */
async function areEqual(one: Server, other: Server): Promise<void> {
  await eventually(
    'both hold the same',
    async () => [await holdings(apiOf(one)), await holdings(apiOf(other))],
    ([a, b]) => JSON.stringify(a) === JSON.stringify(b),
    60_000,
  )
}

describe('a lost laptop', () => {
  it('comes back on another one from a backup, and nothing is lost that another device had seen', async () => {
    const [lost, found, other] = [folders.make('lost'), folders.make('found'), folders.make('other')]
    const stick = folders.make('stick')
    mkdirSync(stick, { recursive: true })
    const file = join(stick, 'team.backup')

    const hub = await hubAt(lost)
    const wedding = await makeWedding(apiOf(hub), 'Anna & Ben', ['Ceremony', 'Dinner'])
    // While the hub runs.
    const made: unknown = JSON.parse(await done(['backup', '--data', lost, '--out', file, '--json']))
    expect(z.object({ records: z.number(), keyFile: z.string() }).parse(made)).toMatchObject({ keyFile: `${file}.key` })
    expect(readFileSync(file).includes('Ceremony')).toBe(false)
    expect(await done(['verify', '--data', lost])).toMatch(/^Everything is as it should be/m)

    const device = await up(['device', '--data', other, '--join', hub.ready.lan?.join ?? ''])
    await eventually(
      'the device has the wedding',
      () => holdings(apiOf(device)),
      ([first]) => first?.records === 3,
    )
    await edit(hub, wedding.id, wedding.items[0] ?? '', 'Ceremony in the rain')
    await add(hub, wedding.id, 'Speeches')
    await areEqual(hub, device)
    await down(hub, 'kill')
    rmSync(lost, { recursive: true })

    expect(await done(['restore', '--data', found, '--from', file])).toMatch(/Everything in the backup of .* is in/)
    expect(await done(['verify', '--data', found])).toMatch(/^Everything is as it should be/m)
    const back = await hubAt(found)
    expect(back.ready.deviceId).toBe(hub.ready.deviceId)
    // The first edits of the new incarnation, perhaps before the device has told what it knows.
    await edit(back, wedding.id, wedding.items[1] ?? '', 'Dinner at eight')
    await areEqual(back, device)
    expect(await titles(back, wedding.id)).toEqual(['Ceremony in the rain', 'Dinner at eight', 'Speeches'])
    expect(await titles(device, wedding.id)).toEqual(await titles(back, wedding.id))
  })

  it('opens with a passphrase alone, and with nothing else than what it was made for', async () => {
    const [dir, stick] = [folders.make('owner'), folders.make('safe')]
    mkdirSync(stick, { recursive: true })
    const file = join(stick, 'team.backup')
    const owner = await up(['device', '--data', dir])
    await makeWedding(apiOf(owner), 'Cleo & Dan', ['Ceremony'])
    const held = await holdings(apiOf(owner))
    await down(owner)
    const secret = { WEDSYNC_PASSPHRASE: 'rings in the left pocket' }
    await done(['backup', '--data', dir, '--out', file], secret)
    expect(readdirSync(stick)).toEqual(['team.backup'])

    const passphraseFile = join(stick, 'passphrase')
    writeFileSync(passphraseFile, 'rings in the right pocket\n')
    const somewhere = () => folders.make(crypto.randomUUID())
    const from = ['--from', file]
    await fewAtATime(
      [
        [['restore', '--data', somewhere(), ...from], 1, /does not open with any key that is at hand/],
        [['restore', '--data', somewhere(), ...from, '--passphrase-file', passphraseFile], 1, /does not open with any/],
        [['restore', '--data', somewhere(), '--from', passphraseFile], 1, /is not a backup of WedSync/],
        [['restore', '--data', somewhere(), ...from, '--key', passphraseFile], 2, /is not a key of WedSync/],
      ] as const,
      async ([args, code, line]) => {
        expectOneLine(await wedsync(args), { code, line })
        expect(() => readdirSync(args[2])).toThrow('ENOENT')
      },
    )
    const damaged = join(stick, 'damaged.backup')
    writeFileSync(damaged, readFileSync(file).fill(0, 20_000, 20_010))
    expectOneLine(await wedsync(['restore', '--data', somewhere(), '--from', damaged], secret), {
      code: 1,
      line: /is damaged: wedsync\.db in it is not what was written/,
    })

    const fresh = somewhere()
    await done(['restore', '--data', fresh, ...from], secret)
    const again = await up(['device', '--data', fresh])
    expect(await holdings(apiOf(again))).toEqual(expect.arrayContaining(held))
  })
})

describe('photos', () => {
  const photo = randomBytes(300_000)
  const sha256 = hashOf(photo)

  /** Changes one byte of the only blob in the folder. */
  function damageBlob(dir: string): void {
    const blob = readdirSync(join(dir, 'blobs'), { recursive: true, withFileTypes: true }).find(({ name }) =>
      /^[0-9a-f]{64}$/.test(name),
    )
    if (!blob) throw new Error('there is one')
    const file = join(blob.parentPath, blob.name)
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(bytes.readUInt8(200_000) ^ 1, 200_000, 200_001))
  }

  it('are in the backup, come back on another computer, and are put right where they are damaged', async () => {
    const [dir, fresh, stick] = [folders.make('with-photos'), folders.make('with-photos-again'), folders.make('card')]
    mkdirSync(stick, { recursive: true })
    const file = join(stick, 'team.backup')
    const owner = await up(['device', '--data', dir])
    const wedding = await makeWedding(apiOf(owner), 'Kim & Lou', [])
    const id = await addPhoto(owner.ready, wedding.id, photo, 'kiss.jpg')
    const made: unknown = JSON.parse(await done(['backup', '--data', dir, '--out', file, '--json']))
    expect(made).toMatchObject({ blobs: 1, missingBlobs: [], damagedBlobs: [] })
    await down(owner)

    expect(await done(['restore', '--data', fresh, '--from', file])).toContain(
      'Photos and documents that are back as well: 1',
    )
    expect(await done(['verify', '--data', fresh])).not.toContain('still to be fetched')
    const again = await up(['device', '--data', fresh])
    expect(await hashAt(again.ready, sha256)).toBe(sha256)
    await down(again)

    damageBlob(fresh)
    const faults = await wedsync(['verify', '--data', fresh])
    expect(faults.stdout).toContain(`blob: the bytes ${sha256.slice(0, 16)} of ${id} are not as they were written`)
    expect(faults.code).toBe(1)
    // In a folder that works, and for one wedding only.
    await done(['restore', '--data', fresh, '--from', file, '--wedding', wedding.id])
    expect(await done(['verify', '--data', fresh])).toMatch(/^Everything is as it should be/m)

    rmSync(join(fresh, 'blobs'), { recursive: true })
    expect(await done(['verify', '--data', fresh])).toContain('Photos and documents still to be fetched: 1')
  })
})

describe('one wedding', () => {
  it('is brought back to a moment by edits that reach the others, and brought forward again', async () => {
    const [dir, other, stick] = [folders.make('hub'), folders.make('second'), folders.make('usb')]
    mkdirSync(stick, { recursive: true })
    const file = join(stick, 'team.backup')
    let hub = await hubAt(dir)
    const wedding = await makeWedding(apiOf(hub), 'Eli & Fay', ['Ceremony', 'Dinner'])
    const untouched = await makeWedding(apiOf(hub), 'Gil & Hana', ['Ceremony'])
    const device = await up(['device', '--data', other, '--join', hub.ready.lan?.join ?? ''])
    await areEqual(hub, device)
    await done(['backup', '--data', dir, '--out', file])

    await edit(hub, wedding.id, wedding.items[0] ?? '', 'Vows')
    await add(hub, wedding.id, 'Karaoke')
    const gone = { table: 'timeline_items', id: wedding.items[1] ?? '', data: {} }
    await push(apiOf(hub), [{ action: 'delete', ...gone }])
    await edit(hub, untouched.id, untouched.items[0] ?? '', 'Rings')
    await areEqual(hub, device)
    const restoring = ['restore', '--data', dir, '--from', file, '--wedding', wedding.id, '--json']
    expectOneLine(await wedsync(restoring), { code: 3, line: /in use by process .*stop that first/ })

    await down(hub)
    const report = z
      .object({ weddings: z.array(z.object({ changed: z.number(), deleted: z.number() })), undo: z.string() })
      .parse(JSON.parse(await done(restoring)))
    expect(report.weddings).toMatchObject([{ changed: 2, deleted: 1 }])
    hub = await hubAt(dir)
    expect(await titles(hub, wedding.id)).toEqual(['Ceremony', 'Dinner'])
    expect(await titles(hub, untouched.id)).toEqual(['Rings'])
    await areEqual(hub, device)
    expect(await titles(device, wedding.id)).toEqual(['Ceremony', 'Dinner'])
    // What was typed meanwhile is in history, with who replaced it.
    const { body } = await apiOf(hub).get(`records/${wedding.items[0]}/history`)
    expect(JSON.stringify(body)).toContain('Vows')

    await down(hub)
    await done(['restore', '--data', dir, '--wedding', wedding.id, '--at', report.undo])
    hub = await hubAt(dir)
    expect(await titles(hub, wedding.id)).toEqual(['Karaoke', 'Vows'])
    await areEqual(hub, device)
    expect(await titles(device, wedding.id)).toEqual(['Karaoke', 'Vows'])

    await down(hub)
    const tooEarly = await wedsync(['restore', '--data', dir, '--wedding', wedding.id, '--at', '2020-01-01T00:00:00Z'])
    expectOneLine(tooEarly, { code: 1, line: /is known there from .* on: choose a later --at/ })
    const unknown = await wedsync(['restore', '--data', dir, '--from', file, '--wedding', crypto.randomUUID()])
    expectOneLine(unknown, { code: 1, line: /There is no wedding .* to restore/ })
  })
})

describe('a damaged database', () => {
  const TITLES = Array.from({ length: 99 }, (_, i) => `Item ${i}`)
  let sample: string
  beforeAll(async () => {
    sample = folders.make('sample')
    const first = await up(['device', '--data', sample])
    await makeWedding(apiOf(first), 'Ina & Jon', TITLES)
    await down(first)
    mkdirSync(join(sample, 'backups'))
    const file = join(sample, 'backups', backupName(Date.now()))
    await done(['backup', '--data', sample, '--out', file])
    rmSync(`${file}.key`)
  })

  it('is named by verify, and repaired by the next start, which says so in one sentence', async () => {
    const dir = folders.make('damaged')
    cpSync(sample, dir, { recursive: true })
    const file = join(dir, 'wedsync.db')
    writeFileSync(file, readFileSync(file).fill(0, 0, 3_000))
    expectOneLine(await wedsync(['verify', '--data', dir]), {
      code: 1,
      line: /wedsync\.db cannot be read: it is damaged/,
    })
    const server = await up(['device', '--data', dir])
    expect(server.ready.notice).toMatch(/^The database on this device was damaged, so the backup of .* took its place/)
    const { body } = await apiOf(server).get('status')
    expect(installStatus.parse(body).notice).toBe(server.ready.notice)
    expect(await done(['status', '--server', server.ready.url, '--token', server.ready.token ?? ''])).toContain(
      'The database on this device was damaged',
    )
    expect((await holdings(apiOf(server)))[0]?.records).toBe(1 + TITLES.length)
    expect(readdirSync(join(dir, 'damaged'))).toHaveLength(1)
    await down(server)
    expect(await done(['verify', '--data', dir])).toMatch(/^Everything is as it should be/m)
  })

  it('that is found while the hub runs is repaired without anybody doing anything, at the same address', async () => {
    const dir = folders.make('found-later')
    cpSync(sample, dir, { recursive: true })
    const file = join(dir, 'wedsync.db')
    const bytes = readFileSync(file)
    // Most likely a page that nobody needs to open it, so that it is found by looking through, half a minute later.
    writeFileSync(file, bytes.fill(0, bytes.length / 2, bytes.length / 2 + 100))
    const server = await up(['device', '--data', dir])
    const notice = async () => {
      try {
        const { body } = await apiOf(server).get('status')
        return installStatus.safeParse(body).data?.notice // a store that is closing answers with an error
      } catch (error) {
        if (error instanceof TypeError) return undefined // between the two there is nobody to answer
        throw error
      }
    }
    const isTold = async () => (await notice()) ?? 'nothing'
    await eventually('the person is told', isTold, (text) => text.includes('was damaged'), 120_000)
    expect((await holdings(apiOf(server)))[0]?.records).toBe(1 + TITLES.length)
  })
})
