/** A store may ask a change function again: about what it has committed already, or about what somebody else changed. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { editRecord } from '../../../model/merge/edit.ts'
import type { ChangeStore } from '../../../model/sync/changeStore.ts'
import { ben, create, createWedding, moment, push, row, startServer, type TestServer, update } from './support.ts'

let server: TestServer
let wedding: string
let realUpdate: ChangeStore['update']
beforeAll(async () => {
  server = await startServer()
  realUpdate = server.store.changes.update
})
beforeEach(async () => {
  server.store.changes.update = realUpdate
  wedding = await createWedding(server)
})
afterAll(() => server.close())

/** As RxDB does after a conflict over one record of several: all are shown again, also those that are committed. */
function askAgainAfterCommit(): void {
  server.store.changes.update = async (ids, change) => {
    await realUpdate(ids, change)
    change(await server.store.changes.records(ids))
    change(new Map())
  }
}

/** The first answer of the change function comes too late: somebody else writes first. */
function somebodyIsFaster(id: string, data: Record<string, unknown>): void {
  server.store.changes.update = async (ids, change) => {
    change(await server.store.changes.records(ids))
    const author = (await server.context.authors(ben))()
    await realUpdate([id], (current) => {
      const record = current.get(id)
      return record ? [{ record: editRecord(record, data, author) }] : []
    })
    await realUpdate(ids, change)
  }
}

describe('asked again about what is committed', () => {
  it.each(['server_wins', 'client_wins', 'merge', 'manual', 'skip'])(
    '%s tells what it did the first time',
    async (strategy) => {
      const id = await create(server, wedding, 'guests', { name: 'A' })
      const gone = await create(server, wedding, 'guests', { name: 'Gone' })
      const timestamp = await moment()
      await update(server, 'guests', id, { name: 'B' })
      askAgainAfterCommit()
      const made = randomUUID()
      const { conflicts, processed, failures } = await push(server, {
        changes: [
          { action: 'create', table: 'guests', id: made, data: { name: 'New', wedding_id: wedding } },
          { action: 'update', table: 'guests', id: made, data: { name: 'Newer' } },
          { action: 'delete', table: 'guests', id: gone },
          { action: 'update', table: 'guests', id, data: { name: 'C', party: 'P' }, timestamp },
        ],
        options: { conflictResolution: strategy },
        as: ben,
      })
      expect(failures).toEqual([])
      expect(conflicts).toMatchObject([{ changeId: id, conflict: { conflictFields: ['name'] } }])
      expect(processed.slice(0, 3).map(({ action }) => action)).toEqual(['create', 'update', 'delete'])
      expect(processed).toHaveLength(4)
      expect((await row(server, wedding, made))?.data.name).toBe('Newer')
    },
  )
})

describe('asked again about what somebody changed', () => {
  it('the answer is about the record as it was committed over', async () => {
    const id = await create(server, wedding, 'guests', { name: 'A' })
    const timestamp = await moment()
    somebodyIsFaster(id, { name: 'B' })
    const reply = await update(server, 'guests', id, { name: 'C', party: 'P' }, { change: { timestamp } })
    expect(reply.conflicts).toMatchObject([{ conflict: { serverData: { name: 'B' } } }])
    expect((await row(server, wedding, id))?.data).toMatchObject({ name: 'B', party: 'P' })
  })
})
