import { describe, expect, it } from 'vitest'
import { directLogOf } from '../../../model/sync/directLog.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { elevenChars, openMemoryReplica } from '../../support/memoryReplica.ts'
import { readChanges } from '../../support/readChanges.ts'

const LAKE = uuidOf(100)
const PEER = elevenChars('peer')

describe('the log as a replica with few peers reads it', () => {
  it('[SYN14] the store itself leaves out what the peer has brought, and the place read to is behind it', async () => {
    const replica = await openMemoryReplica('tablet', { now: () => WEDDING_MORNING_MS })
    const { changes, reads } = readChanges(replica.changes)
    const log = directLogOf(changes)
    const ada = await replica.create({ id: uuidOf(200), scope: LAKE, table: 'guests', data: { name: 'Ada' } })
    await replica.changes.update([ada.id], () => [{ record: ada, from: PEER }])
    const page = await log.page(LAKE, 0, { limit: 50, except: PEER })
    expect(page).toEqual({ changes: [], upTo: await replica.changes.head(LAKE), more: false })
    expect(reads).toEqual([{ limit: 50, except: PEER }])
    expect((await log.page(LAKE, 0, { limit: 50, except: undefined })).changes.length).toBe(1)
    await replica.close()
  })
})
