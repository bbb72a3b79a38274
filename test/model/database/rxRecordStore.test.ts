import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptied } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { openSqliteStore, type SqliteStore } from '../../../server/changes/sqlite.ts'
import { edit, timelineItem } from '../../server/changes/people.ts'
import { commitsInLog } from '../../server/storage/helpers.ts'

const CALLERS = 20

let folder: string
let file: string
let store: SqliteStore

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedsync-records-'))
  file = join(folder, 'wedsync.db')
  const opened = await openSqliteStore(file, randomBytes(32))
  if (!opened.ok) throw new Error(opened.error.detail)
  store = opened.value
})

afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('updates that are called at once', () => {
  it('of different records share a commit', async () => {
    const scope = randomUUID()
    const before = commitsInLog(file)
    const records = Array.from({ length: CALLERS }, () => timelineItem(scope))
    await Promise.all(records.map((record) => store.changes.update([record.id], () => [{ record }])))
    expect(commitsInLog(file) - before).toBe(1)
    expect(await store.changes.countSince(scope, 0)).toBe(CALLERS)
  })

  it('of one record follow each other, and each sees what the one before has written', async () => {
    const record = timelineItem(randomUUID(), { title: '0' })
    await store.changes.update([record.id], () => [{ record }])
    let runs = 0
    const increment = () =>
      store.changes.update([record.id], (current) => {
        runs += 1
        const before = current.get(record.id)
        if (!before) throw new Error('the record is there')
        return [{ record: edit(before, { title: String(Number(viewRecord(before).data.title) + 1) }) }]
      })
    await Promise.all(Array.from({ length: CALLERS }, increment))
    const after = (await store.changes.records([record.id])).get(record.id)
    expect([after && viewRecord(after).data.title, runs]).toEqual([String(CALLERS), CALLERS])
  })

  it('that fail concern their caller only', async () => {
    const record = timelineItem(randomUUID())
    const refused = store.changes.update([record.id], () => {
      throw new Error('refused')
    })
    const next = store.changes.update([record.id], () => [{ record }])
    await expect(refused).rejects.toThrow('refused')
    await next
    expect((await store.changes.records([record.id])).size).toBe(1)
  })
})

describe('a record that is taken out', () => {
  it('[ROL5] is nowhere but in the log and in history, and can be written again', async () => {
    const scope = randomUUID()
    const [record, other] = [timelineItem(scope, { title: 'Rite' }), timelineItem(scope)]
    await store.changes.update([record.id, other.id], () => [{ record }, { record: other }])
    const head = await store.changes.head(scope)
    await store.changes.update([record.id], () => [{ record: emptied(record), from: 'peer' }])
    const { changes, history } = store
    expect((await changes.records([record.id])).size).toBe(0)
    expect((await changes.inScope(scope)).map(({ id }) => id)).toEqual([other.id])
    expect(await changes.countSince(scope, 0)).toBe(2)
    const page = await changes.changesSince(scope, head, { limit: 9 })
    expect(page.changes.map(({ record: { id, units }, from }) => [id, units.size, from])).toEqual([
      [record.id, 0, 'peer'],
    ])
    expect(await history.superseded(record.id)).toContainEqual(expect.objectContaining({ register: 'title' }))
    expect(await history.weddingAt(scope, Date.now())).toMatchObject({ ok: true, value: [{ id: other.id }] })

    let before: unknown = 'not asked'
    await changes.update([record.id], (current) => {
      before = current.get(record.id)
      return [{ record }]
    })
    expect(before).toBeUndefined()
    expect((await changes.records([record.id])).get(record.id)).toEqual(record)
  })
})
