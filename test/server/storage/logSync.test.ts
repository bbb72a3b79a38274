import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { commitQueueOf } from '../../../server/storage/commitQueue.ts'
import { type GuestStorage, guest, guestStorage, open, randomKey, temporaryFile } from './helpers.ts'

type Done = (problem: NodeJS.ErrnoException | null) => void

/** The disk answers when the test says so, and never at once. */
function slowDisk() {
  const asked: Done[] = []
  vi.spyOn(fs, 'fdatasync').mockImplementation((_file: number, done: Done) => {
    asked.push(done)
  })
  syncBuiltinESMExports()
  return {
    asked,
    async isAsked(times: number): Promise<void> {
      while (asked.length < times) await turn()
      await pause(2)
    },
  }
}

/** The disk answers at once: in the thread too, or with a fault there. */
function quickDisk(problem?: Error) {
  const inPool = vi.spyOn(fs, 'fdatasync').mockImplementation((_file: number, done: Done) => done(null))
  const inThread = vi.spyOn(fs, 'fdatasyncSync').mockImplementation(() => {
    if (problem) throw problem
  })
  syncBuiltinESMExports()
  return { inPool, inThread }
}

/** Holds the thread. */
function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const write = (storage: GuestStorage, id: string) => storage.bulkWrite([{ document: guest(id) }], 'test')

describe('waiting for the disk', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })

  it('[1] nobody hears of a write, or reads it, before the disk has it; what is called meanwhile shares the next wait', async () => {
    const storage = await guestStorage({ database: open(temporaryFile(), randomKey()) })
    const order: string[] = []
    storage
      .changeStream()
      .subscribe(({ events }) => order.push(...events.map(({ documentId }) => `event ${documentId}`)))
    const disk = slowDisk()
    const told = (id: string) => write(storage, id).then(() => order.push(`resolved ${id}`))
    const first = told('ana')
    await disk.isAsked(1)
    const read = storage.findDocumentsById(['ana'], false).then((found) => order.push(`read ${found.length}`))
    const others = [told('ben'), told('cleo')]
    for (let turns = 0; turns < 10; turns += 1) await turn()
    expect(order).toEqual([])
    disk.asked[0]?.(null)
    await first
    expect(order).toEqual(['event ana', 'resolved ana'])
    await disk.isAsked(2)
    disk.asked[1]?.(null)
    await Promise.all([read, ...others])
    expect(order.slice(2)).toEqual(['read 1', 'event ben', 'event cleo', 'resolved ben', 'resolved cleo'])
    expect(disk.asked).toHaveLength(2)
  })

  it('[1] who need not see what was called before waits for the disk alone, and not for the next commit', async () => {
    const database = open(temporaryFile(), randomKey())
    const storage = await guestStorage({ database })
    const queue = commitQueueOf(database)
    const disk = slowDisk()
    const first = write(storage, 'ana')
    await disk.isAsked(1)
    const second = write(storage, 'ben')
    const count = database.prepare<[], number>(`SELECT count(*) FROM ${storage.internals.tableName}`).pluck()
    const read = queue.readCommitted(() => count.get())
    disk.asked[0]?.(null)
    await first
    expect(await read).toBe(1)
    expect(await queue.readCommitted(() => count.get())).toBe(1)
    await disk.isAsked(2)
    disk.asked[1]?.(null)
    await second
  })

  it('[1] after the disk has failed once nothing is promised until the database is opened anew, and reading goes on', async () => {
    const [file, key] = [temporaryFile(), randomKey()]
    const database = open(file, key)
    const storage = await guestStorage({ database })
    const disk = slowDisk()
    const kept = write(storage, 'ana')
    await disk.isAsked(1)
    disk.asked[0]?.(null)
    await kept
    const lost = write(storage, 'ben')
    await disk.isAsked(2)
    disk.asked[1]?.(Object.assign(new Error('i/o error'), { code: 'EIO' }))
    await expect(lost).rejects.toThrow('the disk did not take what was written')
    vi.restoreAllMocks()
    syncBuiltinESMExports()
    await expect(write(storage, 'cleo')).rejects.toThrow('the disk did not take what was written')
    expect(await storage.findDocumentsById(['ana'], false)).toHaveLength(1)
    await storage.close()
    database.close()
    const anew = await guestStorage({ database: open(file, key) })
    expect(await write(anew, 'cleo')).toEqual({ error: [] })
  })

  it('[1] a log that is gone is a disk that has failed', async () => {
    const file = temporaryFile()
    const database = open(file, randomKey())
    const storage = await guestStorage({ database })
    fs.rmSync(`${file}-wal`)
    await expect(write(storage, 'ana')).rejects.toThrow('the disk did not take what was written')
    database.close() // or other tests of this process find its log, open and without a name
  })

  it('a disk that is quick is waited for in the thread, until it is slow again', async () => {
    const storage = await guestStorage({ database: open(temporaryFile(), randomKey()) })
    const disk = quickDisk()
    // What is compiled meanwhile may make the first ones long.
    for (let n = 0; n < 50 && disk.inThread.mock.calls.length === 0; n += 1) await write(storage, `guest ${n}`)
    await write(storage, 'ana')
    expect(disk.inThread).toHaveBeenCalled()
    const { length } = disk.inPool.mock.calls
    disk.inThread.mockImplementation(() => wait(2))
    await write(storage, 'ben')
    expect(disk.inPool).toHaveBeenCalledTimes(length)
    await write(storage, 'cleo')
    expect(disk.inPool).toHaveBeenCalledTimes(length + 1)
  })

  it('[1] a disk that fails in the thread has failed like any other', async () => {
    const storage = await guestStorage({ database: open(temporaryFile(), randomKey()) })
    quickDisk(Object.assign(new Error('i/o error'), { code: 'EIO' }))
    const writeOn = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) await write(storage, `guest ${n}`)
    }
    await expect(writeOn()).rejects.toThrow('the disk did not take what was written')
    await expect(write(storage, 'cleo')).rejects.toThrow('the disk did not take what was written')
  })

  it('is left to SQLite where there is no log, or where its connection does not wait', async () => {
    const database = open(temporaryFile(), randomKey())
    database.pragma('synchronous = OFF')
    const disk = slowDisk()
    await write(await guestStorage({ database }), 'ana')
    expect(database.pragma('synchronous', { simple: true })).toBe(0)
    expect(disk.asked).toEqual([])
  })
})
