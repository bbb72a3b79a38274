/** What becomes of a store whose file is damaged, in every way that a disk, a person or a power cut can do it. */
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspect } from '../../../server/backup/inspect.ts'
import { runJob } from '../../../server/backup/jobs.ts'
import { openSqliteStore } from '../../../server/changes/sqlite.ts'
import { openDataDir } from '../../../server/identity/dataDir.ts'
import { openPeople } from '../../../server/install/people.ts'
import { currentNotice, noteDamage, openSoundStore } from '../../../server/install/soundStore.ts'
import { openForReading } from '../../../server/storage/open.ts'
import { addGuests, backUp, guestNames, quiet, temporary, withStore } from '../backup/support.ts'
import { guest } from '../changes/people.ts'
import { write } from '../changes/storeCalls.ts'

const folders = temporary('damage')
afterAll(() => folders.cleanUp())

const SEED = Number(process.env.DAMAGE_SEED ?? Date.now() % 1_000_000)
const scope = randomUUID()
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} ${i + 1}`)
const BEFORE = names('Before', 150)
const AFTER = names('After', 30)
const ALL = [...BEFORE, ...AFTER].sort()

/** 150 guests, a backup, 30 more guests; closed in good order. */
let sample: string
beforeAll(async () => {
  sample = folders.make()
  await withStore(sample, async ({ store }, dataDir) => {
    await addGuests(store, scope, BEFORE)
    await backUp(dataDir)
    await addGuests(store, scope, AFTER)
  })
})

function copyOfSample(): string {
  const dir = folders.make()
  cpSync(sample, dir, { recursive: true })
  return dir
}

interface Outcome {
  readonly names: readonly string[]
  readonly notice: string | undefined
  readonly epoch: string
  readonly findings: readonly unknown[]
}

/** Opens the folder as an install does, looks it through as its upkeep does, and opens it again if that finds something. */
async function openAndCheck(dir: string): Promise<Outcome> {
  const file = join(dir, 'wedsync.db')
  const wasFine = await withStore(dir, async (_, { key }) => {
    const checked = await runJob({ kind: 'check', order: { databaseFile: file, databaseKey: key, depth: 'full' } })
    if (!checked.ok) noteDamage(file, String(checked.error))
    return checked.ok
  })
  const outcome = await withStore(dir, async ({ store }, { databaseFile, key }): Promise<Outcome> => {
    const reader = openForReading(databaseFile, key)
    if (!reader.ok) throw new Error(reader.error.detail)
    const { findings } = await inspect(reader.value)
    reader.value.close()
    return {
      names: await guestNames(store, scope),
      notice: await currentNotice(store.state, Date.now()),
      epoch: store.changes.epoch,
      findings,
    }
  })
  expect(wasFine || outcome.notice !== undefined, 'damage was found, and nobody was told').toBe(true)
  return outcome
}

describe('a damaged store', () => {
  it('with one byte flipped anywhere, is as it was, or repaired with the person told: 50 places', async () => {
    const size = readFileSync(join(sample, 'wedsync.db')).length
    let [repaired, random] = [0, SEED]
    for (let i = 0; i < 50; i++) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31
      const place = random % size
      const dir = copyOfSample()
      const file = join(dir, 'wedsync.db')
      const bytes = readFileSync(file)
      bytes.writeUInt8(bytes.readUInt8(place) ^ 0x55, place)
      writeFileSync(file, bytes)
      const outcome = await openAndCheck(dir)
      const where = `seed ${SEED}, byte ${place} of ${size}`
      expect(outcome.findings, where).toEqual([])
      // All that the backup has is there, whatever happened; all of it, or somebody was told that not.
      expect(outcome.names, where).toEqual(expect.arrayContaining(BEFORE))
      if (outcome.notice === undefined) expect(outcome.names, where).toEqual(ALL)
      else {
        repaired++
        expect(outcome.notice, where).toMatch(/was damaged, so the backup of .* took its place/)
        const [aside = ''] = readdirSync(join(dir, 'damaged'))
        expect(existsSync(join(dir, 'damaged', aside, 'wedsync.db')), where).toBe(true)
      }
      rmSync(dir, { recursive: true })
    }
    // The file is encrypted with a tag on every page, so hardly a byte of it is of no consequence.
    expect(repaired).toBeGreaterThan(40)
  }, 120_000)

  it('is repaired with what can still be read of it, as a new incarnation', async () => {
    const dir = copyOfSample()
    const before = await openAndCheck(dir)
    const file = join(dir, 'wedsync.db')
    const bytes = readFileSync(file)
    // The last page: whichever it is, the others can be read.
    bytes.fill(0, bytes.length - 100)
    writeFileSync(file, bytes)
    const after = await openAndCheck(dir)
    expect(after.epoch).not.toBe(before.epoch)
    expect(after.names.length).toBeGreaterThan(BEFORE.length)
    expect(after.notice).toMatch(/\d+ newer records were saved from the damaged file/)
  })

  it.each([
    ['cut in half', (file: string) => truncateSync(file, Math.floor(readFileSync(file).length / 2))],
    ['emptied', (file: string) => writeFileSync(file, '')],
    ['removed', (file: string) => rmSync(file)],
    ['replaced by text', (file: string) => writeFileSync(file, 'Dear diary,\n'.repeat(2_000))],
    ['without its first page', (file: string) => writeFileSync(file, readFileSync(file).fill(7, 0, 4_096))],
  ])('whose file was %s is the last backup', async (_, spoil) => {
    const dir = copyOfSample()
    spoil(join(dir, 'wedsync.db'))
    const { names: found, notice, findings } = await openAndCheck(dir)
    expect(found).toEqual(expect.arrayContaining(BEFORE))
    expect(notice).toMatch(/the backup of/)
    expect(findings).toEqual([])
  })

  it('takes the newest backup that is good', async () => {
    const dir = copyOfSample()
    const good = await withStore(dir, async ({ store }, dataDir) => {
      await addGuests(store, scope, ['Later'])
      await backUp(dataDir, Date.now() + 1_000)
      const worse = await backUp(dataDir, Date.now() + 2_000)
      const bytes = readFileSync(worse)
      writeFileSync(worse, bytes.subarray(0, bytes.length - 5_000))
      return ALL.concat('Later').sort()
    })
    rmSync(join(dir, 'wedsync.db'))
    expect((await openAndCheck(dir)).names).toEqual(good)
  })

  it('without a good backup is refused, and keeps every byte', async () => {
    for (const keep of ['none', 'damaged']) {
      const dir = copyOfSample()
      const backups = join(dir, 'backups')
      if (keep === 'none') rmSync(backups, { recursive: true })
      else for (const name of readdirSync(backups)) writeFileSync(join(backups, name), 'no backup')
      const file = join(dir, 'wedsync.db')
      const bytes = readFileSync(file).fill(0, 0, 2_000)
      writeFileSync(file, bytes)
      const dataDir = openDataDir(dir)
      if (!dataDir.ok) throw new Error(dataDir.error.kind)
      const opened = await openSoundStore(dataDir.value, quiet)
      dataDir.value.close()
      expect(opened).toMatchObject({ ok: false, error: { kind: 'damaged-or-wrong-key' } })
      expect(readFileSync(file).equals(bytes)).toBe(true)
      expect(existsSync(join(dir, 'damaged'))).toBe(false)
    }
  })

  it('that only somebody said to be damaged is looked through, and left as it is', async () => {
    const dir = copyOfSample()
    const { epoch } = await openAndCheck(dir)
    noteDamage(join(dir, 'wedsync.db'), 'a false alarm')
    const after = await openAndCheck(dir)
    expect(after).toMatchObject({ epoch, names: ALL, notice: undefined })
    expect(existsSync(join(dir, 'wedsync.db-damaged'))).toBe(false)
  })

  it('with a key and no database, and no sign that there ever was one, is a new store', async () => {
    const dir = folders.make()
    await withStore(dir, async () => undefined)
    for (const name of readdirSync(dir)) if (name !== 'key') rmSync(join(dir, name))
    expect((await openAndCheck(dir)).names).toEqual([])
    rmSync(join(dir, 'wedsync.db'))
    await expect(openAndCheck(dir)).rejects.toThrow('missing or empty')
  })
})

describe('a log that was cut', () => {
  it('leaves a sound store that holds everything up to some commit, and nobody counts on under an actor of before', async () => {
    const dir = folders.make()
    const file = join(dir, 'wedsync.db')
    const key = Buffer.alloc(32, 7)
    const person = { team: randomUUID(), userId: randomUUID(), deviceId: 'here', personName: 'Ana', deviceName: 'x' }
    const opened = await openSqliteStore(file, key)
    if (!opened.ok) throw new Error(opened.error.detail)
    const before = await openPeople(opened.value.changes, opened.value.state).actor(person)
    const written: string[] = []
    for (let i = 0; i < 40; i++) {
      const record = guest(scope, { name: String(i) })
      await write(opened.value.changes, { record })
      written.push(record.id)
    }
    // As a power cut would find it.
    const found = folders.make()
    for (const name of readdirSync(dir)) cpSync(join(dir, name), join(found, name), { preserveTimestamps: true })
    await opened.value.close()
    const logSize = readFileSync(join(found, 'wedsync.db-wal')).length
    for (let i = 0; i <= 10; i++) {
      const cut = folders.make()
      cpSync(found, cut, { recursive: true, preserveTimestamps: true })
      rmSync(join(cut, 'wedsync.db-shm'), { force: true })
      truncateSync(join(cut, 'wedsync.db-wal'), Math.floor((logSize * i) / 10))
      const again = await openSqliteStore(join(cut, 'wedsync.db'), key)
      // Cut to nothing, not even the tables may be there.
      if (!again.ok) throw new Error(again.error.detail)
      const { changes, state, database, wasUnclean } = again.value
      const held = (await changes.changesSince(scope, 0, { limit: 100 })).changes.map(({ record }) => record.id)
      expect(held).toEqual(written.slice(0, held.length))
      expect((await inspect(database)).findings).toEqual([])
      expect(wasUnclean).toBe(i > 0)
      if (held.length > 0) expect(await openPeople(changes, state).actor(person)).not.toBe(before)
      if (i === 10) expect(held).toEqual(written)
      await again.value.close()
      rmSync(cut, { recursive: true })
    }
  })
})
