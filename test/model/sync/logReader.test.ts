import { describe, expect, it } from 'vitest'
import { createLogReader } from '../../../model/sync/logReader.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { elevenChars, openMemoryReplica } from '../../support/memoryReplica.ts'
import { readChanges } from '../../support/readChanges.ts'

const LAKE = uuidOf(100)
const PEER = elevenChars('peer')

describe('the log as sessions read it', () => {
  it('[SYN14] a page is read once for all who stand at one place, each without what is their own, until the scope changes', async () => {
    const replica = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
    const { changes, reads } = readChanges(replica.changes)
    const reader = createLogReader(changes)
    const ada = await replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data: { name: 'Ada' } })
    await replica.changes.update([ada.id], () => [{ record: ada, from: PEER }])
    const read = async (except?: string, head?: number) =>
      (await reader.page(LAKE, 0, { limit: 50, except, ...(head !== undefined && { head }) })).changes.length
    expect([await read(), await read(PEER), await read('another'), reads.length]).toEqual([1, 0, 1, 1])
    await replica.create({ id: uuidOf(201), scope: LAKE, table: 'guests', data: { name: 'Grace' } })
    expect([await read(), reads.length]).toEqual([1, 1])
    // Somebody has seen a head beyond the page that is known, and was not told of the change yet.
    expect([await read(undefined, 3), await read(undefined, 3), reads.length]).toEqual([2, 2, 2])
    reader.forget(uuidOf(101))
    expect([await read(), reads.length]).toEqual([2, 2])
    reader.forget(LAKE)
    expect([await read(), reads.length]).toEqual([2, 3])
    await replica.close()
  })

  it('a change that is on several pages is decoded once', async () => {
    const replica = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
    const reader = createLogReader(replica.changes)
    await replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data: { name: 'Ada' } })
    const read = async () => (await reader.page(LAKE, 0, { limit: 50, except: undefined })).changes
    const [before] = await read()
    await replica.create({ id: uuidOf(201), scope: LAKE, table: 'guests', data: { name: 'Grace' } })
    reader.forget(LAKE)
    const after = await read()
    expect([after.length, after[0] === before]).toEqual([2, true])
    await replica.edit(uuidOf(200), { name: 'Ada L.' })
    reader.forget(LAKE)
    expect((await read()).map(({ seq }) => seq)).not.toContain(before?.seq)
    await replica.close()
  })
})
