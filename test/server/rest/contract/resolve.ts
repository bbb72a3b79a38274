/** §1.4: deciding conflicts, and the way back. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { bad, good, type Member, type Server } from './compositions.ts'
import { type Clash, clash, dataOf, LONG_AGO, newRecord, newWedding, push } from './situation.ts'

const T1500 = '2026-09-12T15:00:00Z'
const T1520 = '2026-09-12T15:20:00Z'
const T1530 = '2026-09-12T15:30:00Z'

export function resolveRows(open: () => Server): void {
  let wedding: string
  beforeAll(async () => {
    wedding = await newWedding(open())
  })

  const startClash = () =>
    clash(
      open(),
      wedding,
      'timeline_items',
      { title: 'Dinner', startTime: T1500 },
      { startTime: T1520 },
      { startTime: T1530 },
    )
  const colourClash = (base: unknown, first: unknown, second: unknown) =>
    clash(open(), wedding, 'guests', { name: 'Dana', colour: base }, { colour: first }, { colour: second })
  const put = (conflictId: string, resolution: Readonly<Record<string, unknown>>, as?: Member) =>
    good(open(), 'resolve', { body: { conflictId, resolution }, ...(as && { as }) })
  const refusedPut = (conflictId: string, resolution: Readonly<Record<string, unknown>>, as?: Member) =>
    bad(open(), 'resolve', { body: { conflictId, resolution }, ...(as && { as }) })
  const waiting = async () => (await good(open(), 'conflicts')).conflicts.map(({ conflictId }) => conflictId)

  describe('PUT', () => {
    it.each([
      [{ resolution: { strategy: 'best' } }, 'resolution.strategy'],
      [{ resolution: { strategy: 'skip', userComment: 'x'.repeat(501) } }, 'resolution.userComment'],
      [{ resolution: { strategy: 'skip', applyToSimilar: 'yes' } }, 'resolution.applyToSimilar'],
      [{ resolution: { strategy: 'merge_manual', mergedData: [] } }, 'resolution.mergedData'],
      [{ conflictId: 'x' }, 'conflictId'],
      [{ sessionId: 'x' }, 'sessionId'],
    ])('[1.4.1] %j is refused', async (part, path) => {
      const body = { conflictId: randomUUID(), resolution: { strategy: 'skip' }, ...part }
      expect(await bad(open(), 'resolve', { body })).toMatchObject({
        status: 400,
        errors: [expect.stringContaining(path)],
      })
    })

    it('[1.4.2][1.4.9] use_client writes what the client sent', async () => {
      const { id, conflictId } = await startClash()
      const sessionId = randomUUID()
      const body = {
        conflictId,
        resolution: { strategy: 'use_client', userComment: 'The priest is late' },
        deviceId: 'ipad',
        sessionId,
      }
      expect(await good(open(), 'resolve', { body })).toEqual({
        success: true,
        conflictId,
        resolution: {
          strategy: 'use_client',
          applied: true,
          serverId: id,
          mergedData: null,
          similarConflictsResolved: 0,
        },
        sessionId,
        processingTime: expect.any(Number),
      })
      expect(await dataOf(open(), wedding, id)).toMatchObject({ startTime: T1530 })
      expect(await waiting()).not.toContain(conflictId)
      const { conflicts } = await good(open(), 'conflicts', { query: `?status=resolved&weddingId=${wedding}` })
      expect(conflicts.find((each) => each.conflictId === conflictId)).toMatchObject({ comment: 'The priest is late' })
    })

    it.each([
      ['[1.4.3]', 'use_server'],
      ['[1.4.6]', 'skip'],
    ])('%s %s leaves the record as it is', async (_row, strategy) => {
      const { id, conflictId } = await startClash()
      expect((await put(conflictId, { strategy })).resolution).toMatchObject({ strategy, applied: false })
      expect(await dataOf(open(), wedding, id)).toMatchObject({ startTime: T1520 })
      expect(await waiting()).not.toContain(conflictId)
      const { conflicts } = await good(open(), 'conflicts', { query: `?status=resolved&weddingId=${wedding}` })
      expect(conflicts.find((each) => each.conflictId === conflictId)).toMatchObject({ strategy })
    })

    it.each([
      ['two texts: the client’s', 'A1', 'A2', 'A3', 'A3'],
      ['two texts: the server’s if the client’s is empty', 'A1', 'A2', '', 'A2'],
      ['two numbers: the larger', 1, 9, 7, 9],
      ['two dates: the later', '2026-01-01', '2026-03-01', '2026-02-01', '2026-03-01'],
      ['anything else: the client’s', true, { a: 1 }, [2], [2]],
    ])('[1.4.4] merge_automatic, %s', async (_rule, base, first, second, expected) => {
      const { id, conflictId } = await colourClash(base, first, second)
      const { resolution } = await put(conflictId, { strategy: 'merge_automatic' })
      expect(resolution).toMatchObject({ applied: true, mergedData: { name: 'Dana', colour: expected } })
      expect(await dataOf(open(), wedding, id)).toMatchObject({ colour: expected })
    })

    it('[1.4.5] merge_manual writes the merged data, and without it is 400 and stays', async () => {
      const { id, conflictId } = await startClash()
      expect(await refusedPut(conflictId, { strategy: 'merge_manual' })).toMatchObject({ status: 400 })
      expect(await waiting()).toContain(conflictId)
      const { resolution } = await put(conflictId, { strategy: 'merge_manual', mergedData: { startTime: T1500 } })
      expect(resolution).toMatchObject({ applied: true, mergedData: { startTime: T1500 } })
      expect(await dataOf(open(), wedding, id)).toMatchObject({ startTime: T1500 })
    })

    it.each([
      ['timeline_items', { title: 'x', startTime: T1500 }, { startTime: T1520 }, { startTime: T1530 }],
      ['timeline_items', { title: 'x', location: 'a' }, { location: 'b' }, { location: 'c' }],
      ['guests', { name: 'x' }, { rsvpStatus: 'attending' }, { rsvpStatus: 'declined' }],
      ['budget_items', { name: 'x', amount: 1 }, { amount: 2 }, { amount: 3 }],
      ['tasks', { title: 'x' }, { dueDate: '2026-01-01' }, { dueDate: '2026-02-02' }],
    ])('[1.4.7] merge_automatic in %s of %j is 409 and stays', async (table, base, first, second) => {
      const late = open().member('owner')
      const { conflictId } = await clash(open(), wedding, table, base, first, second, late)
      expect(await refusedPut(conflictId, { strategy: 'merge_automatic' })).toMatchObject({
        status: 409,
        code: 'NEEDS_PERSON',
        conflictId,
      })
      expect(await waiting()).toContain(conflictId)
    })

    it('[1.4.8] applyToSimilar settles at most ten of the same table and type, and never with merge_manual', async () => {
      const server = open()
      const clashes: Clash[] = []
      for (let n = 0; n < 12; n++)
        clashes.push(
          await clash(server, wedding, 'photo_groups', { name: 'g' }, { location: `a${n}` }, { location: `b${n}` }),
        )
      const [first] = clashes
      const mergedData = { location: 'x' }
      expect(
        await refusedPut(first?.conflictId ?? '', { strategy: 'merge_manual', mergedData, applyToSimilar: true }),
      ).toMatchObject({ status: 400 })
      const before = await waiting()
      const { resolution } = await put(first?.conflictId ?? '', { strategy: 'use_client', applyToSimilar: true })
      expect(resolution.similarConflictsResolved).toBe(10)
      const after = await waiting()
      expect(before.length - after.length).toBe(11)
      expect(after.filter((id) => clashes.some(({ conflictId }) => conflictId === id))).toHaveLength(1)
    })

    it('[1.4.10] 404 with the id: unknown, foreign, or no longer waiting', async () => {
      const server = open()
      const { conflictId } = await startClash()
      const elsewhere = server.member('planner', [randomUUID()])
      expect(await refusedPut(conflictId, { strategy: 'skip' }, elsewhere)).toMatchObject({ status: 404, conflictId })
      await put(conflictId, { strategy: 'skip' })
      expect(await refusedPut(conflictId, { strategy: 'skip' })).toMatchObject({ status: 404, conflictId })
      const unknown = randomUUID()
      expect(await refusedPut(unknown, { strategy: 'skip' })).toMatchObject({ status: 404, conflictId: unknown })
    })
  })

  describe('POST', () => {
    const post = (resolutions: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) =>
      good(open(), 'resolveMany', { body: { resolutions, ...more } })
    const entry = (conflictId: string, strategy: string) => ({ conflictId, resolution: { strategy } })

    it('[1.4.11] takes 1 to 100 entries', async () => {
      const many = Array.from({ length: 101 }, () => entry(randomUUID(), 'skip'))
      for (const resolutions of [[], many]) {
        expect((await bad(open(), 'resolveMany', { body: { resolutions } })).status).toBe(400)
      }
      expect((await post(many.slice(1))).summary).toMatchObject({ totalConflicts: 100, failed: 100 })
    })

    it('[1.4.13] tells entry by entry what became of it; what is not found goes to errors', async () => {
      const [a, b, c] = [await startClash(), await startClash(), await startClash()]
      const unknown = randomUUID()
      const sessionId = randomUUID()
      const resolutions = [
        entry(a.conflictId, 'use_client'),
        entry(unknown, 'skip'),
        entry(b.conflictId, 'merge_automatic'),
        entry(c.conflictId, 'skip'),
      ]
      const reply = await post(resolutions, { sessionId })
      expect(reply).toMatchObject({ success: true, sessionId, summary: { totalConflicts: 4, resolved: 2, failed: 2 } })
      expect(reply.resolved).toEqual([
        { conflictId: a.conflictId, strategy: 'use_client', applied: true, serverId: a.id, mergedData: null },
        { conflictId: c.conflictId, strategy: 'skip', applied: false, serverId: c.id, mergedData: null },
      ])
      expect(reply.errors.map(({ conflictId }) => conflictId).sort()).toEqual([unknown, b.conflictId].sort())
      expect(await waiting()).toContain(b.conflictId)
    })

    it.each([
      ['use_client', T1530],
      ['use_server', T1520],
    ])('[1.4.12] globalStrategy %s replaces that of each entry', async (globalStrategy, expected) => {
      const { id, conflictId } = await startClash()
      const { resolved } = await post([entry(conflictId, 'skip')], { globalStrategy })
      expect(resolved).toMatchObject([{ strategy: globalStrategy }])
      expect(await dataOf(open(), wedding, id)).toMatchObject({ startTime: expected })
    })

    it('[1.4.12] individual leaves each entry its own', async () => {
      const { conflictId } = await startClash()
      expect((await post([entry(conflictId, 'skip')], { globalStrategy: 'individual' })).resolved).toMatchObject([
        { strategy: 'skip' },
      ])
      expect(
        (
          await bad(open(), 'resolveMany', {
            body: { resolutions: [entry(conflictId, 'skip')], globalStrategy: 'skip' },
          })
        ).status,
      ).toBe(400)
    })

    it('[1.4.8] applyToSimilar counts in a batch too', async () => {
      const make = (n: number) => clash(open(), wedding, 'forms', { name: 'f' }, { slug: `a${n}` }, { slug: `b${n}` })
      const [a, b] = [await make(1), await make(2)]
      const resolutions = [{ conflictId: a.conflictId, resolution: { strategy: 'use_client', applyToSimilar: true } }]
      const { resolved } = await post(resolutions)
      expect(resolved.map(({ conflictId }) => conflictId).sort()).toEqual([a.conflictId, b.conflictId].sort())
    })
  })

  it('[1.4.14] a decision is on record, with the conflict and without the values', async () => {
    const { install } = open()
    const { conflictId } = await startClash()
    await put(conflictId, { strategy: 'use_client', userComment: 'write to ana@example.org' })
    if (!install) return expect((await good(open(), 'conflicts')).conflicts).toBeDefined()
    const rows = install.store.database.prepare<[], string>(`SELECT entry FROM audit ORDER BY seq`).pluck().all()
    const own = rows.filter((row) => row.includes(conflictId)).map((row) => JSON.parse(row))
    expect(own.filter(({ event }) => event === 'resolution')).toMatchObject([
      { phase: 'done', action: 'resolved', details: { strategy: 'use_client', batchSize: 1, applyToSimilar: false } },
    ])
    expect(own.filter(({ event }) => event === 'sync')).toMatchObject([{ phase: 'done', action: 'detected' }])
    expect(rows.join()).not.toContain(T1530)
    expect(rows.join()).not.toContain('ana@example.org')
  })

  describe('undo', () => {
    const undo = (conflictId: string) => ({ params: { conflictId } })

    it('the conflict waits again with its values, and can be decided anew', async () => {
      const { id, conflictId } = await startClash()
      await put(conflictId, { strategy: 'use_client' })
      expect(await good(open(), 'undoDecision', undo(conflictId))).toEqual({
        success: true,
        conflictId,
        status: 'pending',
      })
      const entry = (await good(open(), 'conflicts')).conflicts.find((each) => each.conflictId === conflictId)
      expect(entry?.values.map(({ value }) => value).sort()).toEqual([T1520, T1530])
      await put(conflictId, { strategy: 'merge_manual', mergedData: { startTime: T1500 } })
      expect(await dataOf(open(), wedding, id)).toMatchObject({ startTime: T1500 })
    })

    it('is 404 where nothing was decided, or the field was changed since', async () => {
      const { id, conflictId } = await startClash()
      expect(await bad(open(), 'undoDecision', undo(conflictId))).toMatchObject({ status: 404, conflictId })
      await put(conflictId, { strategy: 'use_client' })
      await push(open(), [{ table: 'timeline_items', id, data: { startTime: T1500 } }])
      expect(await bad(open(), 'undoDecision', undo(conflictId))).toMatchObject({ status: 404, conflictId })
    })

    it('is 403 for a role that may not write it', async () => {
      const { conflictId } = await startClash()
      await put(conflictId, { strategy: 'use_client' })
      const as = open().member('viewer')
      expect(await bad(open(), 'undoDecision', { ...undo(conflictId), as })).toMatchObject({ status: 403, conflictId })
    })
  })

  it('[1.4.4] a deletion is no field: it is decided by choosing', async () => {
    const id = await newRecord(open(), wedding, 'guests', { name: 'Dana' })
    await push(open(), [{ table: 'guests', id, data: { seat: 3 } }])
    const change = { action: 'delete', table: 'guests', id, timestamp: LONG_AGO }
    const { conflicts } = await push(open(), [change], { options: { conflictResolution: 'manual' } })
    const conflictId = conflicts[0]?.conflict.conflictId ?? ''
    expect(await refusedPut(conflictId, { strategy: 'merge_automatic' })).toMatchObject({ status: 409 })
    await put(conflictId, { strategy: 'use_client' })
    expect(await dataOf(open(), wedding, id)).toBeUndefined()
  })
}
