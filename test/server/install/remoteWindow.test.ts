import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RECORDS, type RecordDocument, recordSchema } from '../../../model/database/recordSchema.ts'
import { rxRecordStore } from '../../../model/database/rxRecordStore.ts'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { remoteStorage } from '../../../renderer/src/replica/remoteStorage.ts'
import { openSqliteStore, type SqliteStore } from '../../../server/changes/sqlite.ts'
import { serveWindow } from '../../../server/install/remoteWindow.ts'
import { elevenChars } from '../../support/memoryReplica.ts'
import { WINDOW_DOORS, type WindowDoor } from '../../support/windowDoors.ts'
import { timelineItem } from '../changes/people.ts'

type Collections = { [RECORDS]: RxCollection<RecordDocument> }

const LIVE_WITHIN_MS = 50
const EDITS = 21
const GIVEN_UP = elevenChars('given up')

const folder = mkdtempSync(join(tmpdir(), 'wedsync-window-'))
let store: SqliteStore

beforeAll(async () => {
  const opened = await openSqliteStore(join(folder, 'wedsync.db'), randomBytes(32))
  if (!opened.ok) throw new Error(opened.error.detail)
  store = opened.value
})

afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The window's own code, in Node: all it needs is a line. */
describe.each(Object.entries(WINDOW_DOORS))('the window, over a %s', (_kind, openDoor) => {
  /** Why the install closed a line. */
  const reasons: (string | undefined)[] = []
  let door: WindowDoor
  let database: RxDatabase<Collections>
  let records: RxCollection<RecordDocument>

  beforeAll(async () => {
    door = await openDoor((line) => {
      const close = (reason?: string) => {
        reasons.push(reason)
        line.close(reason)
      }
      serveWindow({ ...line, close }, store, (actor) => actor === GIVEN_UP)
    })
    database = await createRxDatabase<Collections>({
      name: 'wedsync',
      storage: remoteStorage({ openLine: door.open, gone: 'gone' }),
      multiInstance: false,
    })
    await database.addCollections({ [RECORDS]: { schema: recordSchema } })
    records = database[RECORDS]
  })

  afterAll(async () => {
    await database.close()
    await door.close()
  })

  it(`shows a change from sync in a live query within ${LIVE_WITHIN_MS} ms`, async () => {
    const scope = crypto.randomUUID()
    const seen = new Map<string, number>()
    const subscription = records.find({ selector: { scope } }).$.subscribe((found) => {
      for (const { id } of found) if (!seen.has(id)) seen.set(id, performance.now())
    })
    await records.find({ selector: { scope } }).exec()
    const delays: number[] = []
    for (let edit = 0; edit < EDITS; edit += 1) {
      const record = timelineItem(scope)
      const start = performance.now()
      await store.changes.update([record.id], () => [{ record, from: 'some-peer-1' }])
      await vi.waitUntil(() => seen.has(record.id), { interval: 1, timeout: 5_000 })
      delays.push((seen.get(record.id) ?? Number.NaN) - start)
    }
    subscription.unsubscribe()
    const [median = Number.NaN] = delays.sort((a, b) => a - b).slice(Math.floor(EDITS / 2))
    expect(median).toBeLessThan(LIVE_WITHIN_MS)
  })

  it('writes into the one database there is, and the rest of the install hears of it at once', async () => {
    const record = timelineItem(crypto.randomUUID())
    const told: string[] = []
    const unsubscribe = store.changes.subscribe((scope) => told.push(scope))
    await rxRecordStore(records).update([record.id], () => [{ record }])
    unsubscribe()
    expect(told).toEqual([record.scope])
    expect([...(await store.changes.records([record.id])).keys()]).toEqual([record.id])
  })

  it('reads what the install itself reads, whatever it asks for', async () => {
    const scope = crypto.randomUUID()
    const written = Array.from({ length: 20 }, () => timelineItem(scope))
    await store.changes.update([], () => written.map((record) => ({ record })))
    const ids = written.map(({ id }) => id).sort()
    const inScope = await rxRecordStore(records).inScope(scope)
    expect(inScope).toEqual(await store.changes.inScope(scope))
    expect(inScope.map(({ id }) => id)).toEqual(ids)
    // What no index decides, in an order that none has, and a page of it.
    const found = await records
      .find({ selector: { scope, id: { $gt: ids[4] ?? '' } }, sort: [{ id: 'desc' }], skip: 2, limit: 5 })
      .exec()
    expect(found.map(({ id }) => id)).toEqual(ids.slice(5).reverse().slice(2, 7))
    expect(await records.findOne(ids[0] ?? '').exec()).toMatchObject({ id: ids[0], scope })
    expect(await records.findOne(crypto.randomUUID()).exec()).toBeNull()
    expect((await records.findByIds(ids).exec()).size).toBe(20)
  })

  it('is answered with an error when it asks for nonsense, and goes on', async () => {
    const { storageInstance } = records
    const nonsense: never[] = JSON.parse('[{}]')
    await expect(storageInstance.findDocumentsById(nonsense, false)).rejects.toThrow('findDocumentsById')
    await expect(storageInstance.query(JSON.parse('{"query":{},"queryPlan":{"index":["no"]}}'))).rejects.toThrow(
      'query',
    )
    expect(await storageInstance.findDocumentsById([crypto.randomUUID()], false)).toEqual([])
  })

  it('cannot store what is no record', async () => {
    const document = '{"id":"x","scope":"s","table":"t","base":"?","actors":[],"units":{"open":1},"from":""}'
    await expect(records.insert(JSON.parse(document))).rejects.toThrow('bulkWrite')
    expect(await store.changes.scopes()).not.toContain('s')
  })

  /** @returns why the install closed the line */
  async function sentAwayWith(...messages: readonly unknown[]): Promise<string | undefined> {
    const line = await door.open()
    line.onMessage(() => undefined)
    const isClosed = new Promise<void>((resolve) => line.onClose(resolve))
    for (const message of messages) line.send(typeof message === 'string' ? message : JSON.stringify(message))
    await isClosed
    return reasons.at(-1)
  }

  it('[ROL4] is sent away with an edit under an actor that was given up, and not with what that actor wrote before', async () => {
    const scope = crypto.randomUUID()
    const ring = { id: crypto.randomUUID(), scope, table: 'tasks', data: { title: 'Rings' } }
    const before = createRecord(ring, { actor: GIVEN_UP, stamp: '0mqc6p97s000' })
    const edit = (actor: string) => encodeRecord(editRecord(before, { done: true }, { actor, stamp: '0mqc6p98s000' }))
    const bulkWrite = (rows: readonly unknown[]) => ({
      connectionId: 'c',
      requestId: 'r',
      method: 'bulkWrite',
      params: [rows, 'context'],
    })
    const previous = encodeRecord(before)
    for (const rows of [[{ document: previous }], [{ previous, document: edit(GIVEN_UP) }]]) {
      expect(await sentAwayWith(bulkWrite(rows))).toBe('this window edits under an actor that was given up')
    }
    const allowed = bulkWrite([{ previous, document: edit(elevenChars('next')) }])
    expect(await sentAwayWith(allowed, 'hello')).toBe('not a message of the remote storage')
  })

  it.each([
    ['text that is not JSON', 'hello'],
    ['a message without a sender', { method: 'query', params: [] }],
    ['the removal of the records', { connectionId: 'c', requestId: 'r', method: 'remove', params: [] }],
    ['a name that is no method', { connectionId: 'c', requestId: 'r', method: 'constructor', params: [] }],
  ])('is sent away with %s', async (_name, message) => {
    await sentAwayWith(message)
    expect(await records.storageInstance.findDocumentsById([crypto.randomUUID()], false)).toEqual([])
  })
})
