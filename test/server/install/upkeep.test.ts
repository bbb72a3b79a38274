import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createRecord } from '../../../model/merge/edit.ts'
import { listBackups } from '../../../server/backup/rotation.ts'
import { currentNotice } from '../../../server/install/soundStore.ts'
import { startUpkeep, type UpkeepOptions } from '../../../server/install/upkeep.ts'
import { addGuests, backUp, guestNames, quiet, temporary, withStore } from '../backup/support.ts'
import { ana, author, edit, timelineItem } from '../changes/people.ts'
import { write } from '../changes/storeCalls.ts'

const folders = temporary('upkeep')
afterAll(() => folders.cleanUp())

const HOUR_MS = 3_600_000
const NEVER_MS = 2 ** 31 - 1

/** Rounds are run by the tests themselves. */
async function withUpkeep<T>(
  options: Omit<UpkeepOptions, 'log' | 'settleMs'>,
  work: (upkeep: ReturnType<typeof startUpkeep>) => Promise<T>,
): Promise<T> {
  const upkeep = startUpkeep({ log: quiet, settleMs: NEVER_MS, ...options })
  try {
    return await work(upkeep)
  } finally {
    await upkeep.stop()
  }
}

describe('the upkeep of a store', () => {
  it('makes backups when they are due, more often on a wedding day, and drops those that are too many', async () => {
    const dir = folders.make()
    await withStore(dir, async (sound, dataDir) => {
      const scope = randomUUID()
      const data = { name: 'Anna & Ben', date: '2027-06-12', timezone: 'Europe/Lisbon' }
      const wedding = createRecord({ id: scope, scope, table: 'weddings', data }, author(ana))
      await write(sound.store.changes, { record: wedding })
      let nowMs = Date.parse('2027-06-10T08:00:00Z')
      await withUpkeep({ dataDir, sound, keepBackups: 3, now: () => nowMs }, async (upkeep) => {
        const made: string[] = []
        // Every half hour for three days, the second of which ends in the wedding day.
        for (let i = 0; i < 6; i++) {
          await upkeep.round()
          const [last] = listBackups(join(dir, 'backups'))
          made.push(new Date(last?.ms ?? 0).toISOString().slice(5, 13))
          nowMs += i < 3 ? 16 * HOUR_MS : HOUR_MS / 2
        }
        expect(upkeep.problem()).toBeUndefined()
        expect(made).toEqual(['06-10T08', '06-10T08', '06-11T16', '06-12T08', '06-12T08', '06-12T09'])
        const kept = listBackups(join(dir, 'backups')).map(({ ms }) => new Date(ms).toISOString().slice(5, 13))
        expect(kept).toEqual(['06-12T09', '06-12T08', '06-11T16', '06-10T08'])
      })
    })
  }, 120_000)

  it('makes none if none are wanted', async () => {
    const dir = folders.make()
    await withStore(dir, async (sound, dataDir) => {
      await withUpkeep({ dataDir, sound, keepBackups: 0 }, (upkeep) => upkeep.round())
    })
    expect(existsSync(join(dir, 'backups'))).toBe(false)
  })

  it('does not keep writers waiting, and removes what a killed backup left behind', async () => {
    const dir = folders.make()
    await withStore(dir, async (sound, dataDir) => {
      const scope = randomUUID()
      await addGuests(sound.store, scope, ['Dana'])
      await backUp(dataDir, 0)
      const folder = join(dir, 'backups')
      for (const draft of ['.0.copy', 'wedsync-x.backup.new']) writeFileSync(join(folder, draft), 'half a backup')
      await withUpkeep({ dataDir, sound }, async (upkeep) => {
        let isDone = false
        const round = upkeep.round().then(() => {
          isDone = true
        })
        let writes = 0
        while (!isDone) {
          await addGuests(sound.store, scope, [`Guest ${writes++}`])
          await new Promise((resolve) => setImmediate(resolve))
        }
        await round
        // A thread takes some tens of milliseconds to start, and a write less than one.
        expect(writes).toBeGreaterThan(5)
      })
      expect(readdirSync(folder).filter((name) => !name.endsWith('.backup'))).toEqual([])
      expect(listBackups(folder)).toHaveLength(2)
    })
  })

  it('finds damage in the background, says so once, and the next opening repairs it', async () => {
    const dir = folders.make()
    const scope = randomUUID()
    await withStore(dir, async ({ store }, dataDir) => {
      await addGuests(
        store,
        scope,
        Array.from({ length: 300 }, (_, i) => `Guest ${i}`),
      )
      await backUp(dataDir)
    })
    const file = join(dir, 'wedsync.db')
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0, bytes.length - 60_000, bytes.length - 50_000))
    await withStore(dir, async (sound, dataDir) => {
      expect(sound.toCheck).toBe('quick')
      const upkeep = startUpkeep({ dataDir, sound, log: quiet, settleMs: 0 })
      await upkeep.damaged
      await upkeep.stop()
    })
    await withStore(dir, async ({ store }) => {
      expect(await guestNames(store, scope)).toHaveLength(300)
      expect(await currentNotice(store.state, Date.now())).toMatch(/was damaged/)
      expect(await currentNotice(store.state, Date.now() + 25 * HOUR_MS)).toBeUndefined()
    })
  })

  it('is told of damage by a backup as well, and makes none of it', async () => {
    const dir = folders.make()
    await withStore(dir, async (sound, dataDir) => {
      await addGuests(
        sound.store,
        randomUUID(),
        Array.from({ length: 300 }, (_, i) => `Guest ${i}`),
      )
      sound.store.database.pragma('wal_checkpoint(TRUNCATE)')
      const bytes = readFileSync(dataDir.databaseFile)
      writeFileSync(dataDir.databaseFile, bytes.fill(0, bytes.length - 60_000, bytes.length - 50_000))
      await withUpkeep({ dataDir, sound }, async (upkeep) => {
        await upkeep.round()
        await upkeep.damaged
        expect(upkeep.problem()).toMatch(/The database is damaged, so no backup was made of it/)
      })
    })
    expect(readdirSync(join(dir, 'backups'))).toEqual([])
    expect(existsSync(join(dir, 'wedsync.db-damaged'))).toBe(true)
  })

  it('forgets once a day what is old enough', async () => {
    const dir = folders.make()
    await withStore(dir, async (sound, dataDir) => {
      const { changes, history } = sound.store
      const item = timelineItem(randomUUID())
      await write(changes, { record: item })
      await write(changes, { record: edit(item, { title: 'Vows' }) })
      let nowMs = Date.now()
      const retention = { historyDays: 1, stateDays: {} }
      await withUpkeep({ dataDir, sound, keepBackups: 0, retention, now: () => nowMs }, async (upkeep) => {
        await upkeep.round()
        expect(await history.superseded(item.id)).toHaveLength(1)
        nowMs += 23 * HOUR_MS
        await upkeep.round()
        nowMs += 2 * HOUR_MS
        await upkeep.round()
        expect(await history.superseded(item.id)).toEqual([])
      })
    })
  })
})
