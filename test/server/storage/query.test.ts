import { INDEX_MAX, INDEX_MIN } from 'rxdb'
import { describe, expect, it, vi } from 'vitest'
import { guest, guestSchema, guestStorage, insert, newDatabase, prepared } from './helpers.ts'

const byName = (skip: number, limit?: number) =>
  prepared({ selector: { _deleted: false }, sort: [{ name: 'asc' }], skip, ...(limit === undefined ? {} : { limit }) })

describe('findDocumentsById', () => {
  it('finds ten thousand documents, in the order asked for', async () => {
    const storage = await guestStorage()
    const ids = Array.from({ length: 10_000 }, (_, index) => `guest-${index}`)
    await insert(storage, ...ids.map((id) => guest(id)))
    const backwards = ids.toReversed()
    const found = await storage.findDocumentsById([...backwards, 'nobody'], true)
    expect(found.map(({ id }) => id)).toEqual(backwards)
  })

  it('gives deleted documents only when asked', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana', { _deleted: true }), guest('ben'))
    expect((await storage.findDocumentsById(['ana', 'ben'], false)).map(({ id }) => id)).toEqual(['ben'])
    expect((await storage.findDocumentsById(['ana', 'ben'], true)).map(({ id }) => id)).toEqual(['ana', 'ben'])
  })
})

describe('query', () => {
  it('orders by UTF-16 code unit: emoji before the private use area', async () => {
    const storage = await guestStorage()
    const names = ['\uffee', '💍', 'Zoe\u0308', 'Zoë', '\ue000', 'a', '']
    await insert(storage, ...names.map((name, index) => guest(`${index}`, { name })))
    const { documents } = await storage.query(byName(0))
    expect(documents.map(({ name }) => name)).toEqual(['', 'Zoe\u0308', 'Zoë', 'a', '💍', '\ue000', '\uffee'])
  })

  it('takes skip and limit literally: a limit of 0 is none', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('a'), guest('b'), guest('c'))
    const ids = async (skip: number, limit?: number) =>
      (await storage.query(byName(skip, limit))).documents.map(({ id }) => id)
    expect(await ids(0, 0)).toEqual([])
    expect(await ids(1, 1)).toEqual(['b'])
    expect(await ids(2)).toEqual(['c'])
    expect(await ids(9, 9)).toEqual([])
  })

  it('takes the ends of a range literally when the index decides alone', async () => {
    const storage = await guestStorage()
    await insert(storage, ...['a', 'b', 'c', 'd'].map((id) => guest(id)))
    const between = async (range: { $gt?: string; $gte?: string; $lt?: string; $lte?: string }): Promise<string> => {
      const query = prepared({ selector: { _deleted: false, id: range }, sort: [{ id: 'asc' }] })
      expect(query.queryPlan).toMatchObject({ selectorSatisfiedByIndex: true, sortSatisfiedByIndex: true })
      const { documents } = await storage.query(query)
      expect(await storage.count(query)).toEqual({ count: documents.length, mode: 'fast' })
      return documents.map(({ id }) => id).join('')
    }
    expect(await between({ $gt: 'a', $lt: 'd' })).toBe('bc')
    expect(await between({ $gte: 'a', $lt: 'd' })).toBe('abc')
    expect(await between({ $gt: 'a', $lte: 'd' })).toBe('bcd')
    expect(await between({ $gt: 'd' })).toBe('')
  })

  it('does not hide deleted documents: that is up to the selector', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana', { _deleted: true }), guest('ben'))
    expect((await storage.query(prepared({ selector: {} }))).documents).toHaveLength(2)
    expect((await storage.query(prepared({ selector: { _deleted: true } }))).documents).toMatchObject([{ id: 'ana' }])
  })

  it('compares text beyond its maxLength as text, in documents and in queries', async () => {
    const storage = await guestStorage()
    const name = 'x'.repeat(20) // the maxLength of the schema
    await insert(
      storage,
      guest('ana', { name }),
      guest('zoe', { name: `${name}b` }),
      guest('ben', { name: `${name}a` }),
    )
    const find = async (selector: object) =>
      (await storage.query(prepared({ selector: { _deleted: false, ...selector }, sort: [{ name: 'asc' }] }))).documents
    expect((await find({})).map(({ id }) => id)).toEqual(['ana', 'ben', 'zoe'])
    expect((await find({ name: { $gt: `${name}aa` } })).map(({ id }) => id)).toEqual(['zoe'])
  })

  it('leaves the connection usable when a selector is faulty', async () => {
    const storage = await guestStorage()
    await insert(storage, guest('ana'))
    const query = prepared({ selector: { name: { $regex: '(' } } })
    await expect(storage.query(query)).rejects.toThrow()
    expect(await insert(storage, guest('ben'))).toHaveLength(1)
  })

  it.each([
    ['a range of one index', prepared({ selector: { _deleted: false, table: { $gt: 3 } }, sort: [{ table: 'asc' }] })],
    ['a selector that needs the matcher', prepared({ selector: { name: { $gte: 'A', $regex: 'n' } } })],
    ['another order', prepared({ selector: { _deleted: false, table: { $lt: 3 } }, sort: [{ name: 'desc' }] })],
  ])('searches the index of the plan, without sorting in SQL: %s', async (_name, query) => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await insert(storage, guest('ana'))
    const prepare = vi.spyOn(database, 'prepare')
    await storage.query(query)
    await storage.count(query)
    const statements = prepare.mock.calls.map(([sql]) => sql)
    prepare.mockRestore()
    expect(statements.length).toBeGreaterThan(0)
    for (const sql of statements) {
      const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll('?', "x'00'")}`).all()
      const details = plan.map(({ detail }) => detail).join()
      expect(details).toMatch(/^SEARCH rx1_guests_v0 USING (COVERING )?INDEX rx1_guests_v0_by_\w+ \([^()]*\([^()]+\)>/)
      expect(details).not.toContain('TEMP B-TREE')
    }
  })

  it('has no index by the last write, which RxDB adds to every schema, and answers a plan that names it all the same', async () => {
    const database = newDatabase()
    const storage = await guestStorage({ database })
    await insert(storage, ...[3, 1, 2].map((lwt) => guest(`g${lwt}`, { _meta: { lwt } })))
    const { query, queryPlan } = prepared({ selector: { _deleted: false } })
    const byLastWrite = {
      query,
      queryPlan: {
        ...queryPlan,
        index: ['_meta.lwt', 'id'],
        startKeys: [1, INDEX_MIN],
        endKeys: [INDEX_MAX, INDEX_MAX],
        inclusiveStart: true,
        inclusiveEnd: true,
        sortSatisfiedByIndex: true,
      },
    }
    expect((await storage.query(byLastWrite)).documents.map(({ id }) => id)).toEqual(['g1', 'g2', 'g3'])
    expect(await storage.count(byLastWrite)).toMatchObject({ count: 3 })
    const indexes = database.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%by\\_%' ESCAPE '\\'`,
    )
    expect(indexes.all()).toHaveLength((guestSchema.indexes ?? []).length - 1)
  })

  it('counts like it finds, and is fast only if the index decides alone', async () => {
    const storage = await guestStorage()
    await insert(storage, ...[1, 2, 3, 4, 5].map((table) => guest(`g${table}`, { table })))
    const onIndex = { selector: { _deleted: false, table: { $gt: 2 } }, sort: [{ table: 'asc' as const }] }
    expect(await storage.count(prepared(onIndex))).toEqual({ count: 3, mode: 'fast' })
    expect(await storage.count(prepared({ ...onIndex, limit: 2 }))).toEqual({ count: 2, mode: 'fast' })
    expect(await storage.count(prepared({ ...onIndex, skip: 1 }))).toEqual({ count: 2, mode: 'fast' })
    expect(await storage.count(prepared({ selector: { id: { $regex: '[135]$' } } }))).toEqual({
      count: 3,
      mode: 'slow',
    })
  })

  it('works beside an expression index of somebody else', async () => {
    const storage = await guestStorage()
    const { database, tableName } = storage.internals
    database.exec(`CREATE INDEX by_table ON ${tableName} (json_extract(data, '$.table'), seq)`)
    await insert(storage, guest('ana', { table: 7 }), guest('ben', { table: 8 }), guest('cleo', { table: 7 }))
    const sql = `SELECT id, seq FROM ${tableName} WHERE json_extract(data, '$.table') = 7 AND seq > 1 ORDER BY seq`
    expect(database.prepare(sql).all()).toEqual([{ id: 'cleo', seq: 3 }])
    const plan = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all()
    expect(plan.map(({ detail }) => detail).join()).toContain('USING INDEX by_table')
  })
})
