import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { deleteRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { restoreRecord } from '../../../server/backup/restoreRecord.ts'
import { restoreWedding } from '../../../server/backup/restoreWedding.ts'
import { ana, author, ben, cleo, edit, guest, join, newActor, timelineItem } from '../changes/people.ts'
import { write } from '../changes/storeCalls.ts'
import { temporary, withStore } from './support.ts'

const folders = temporary('restore')
afterAll(() => folders.cleanUp())

const visible = (record: CausalRecord) => {
  const { data, deleted } = viewRecord(record)
  return { data: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null)), deleted }
}

describe('restoreRecord', () => {
  const scope = randomUUID()
  const restorer = newActor()
  const restored = (now: CausalRecord, then: CausalRecord | undefined) => restoreRecord(now, then, author(restorer))
  const item = timelineItem(scope, {
    title: 'Ceremony',
    location: 'Garden',
    description: 'Under the oak',
    people: ['Ana', 'Ben'],
  })

  it('brings back values, texts and members of sets, and empties what was empty', () => {
    const now = edit(item, { title: 'Vows', description: 'In the barn', people: ['Cleo'], backupLocation: 'Tent' }, ben)
    expect(visible(restored(now, item))).toEqual(visible(item))
  })

  it('writes nothing where nothing has changed, also not over an open question', () => {
    expect(restored(item, item)).toBe(item)
    const both = join(edit(item, { location: 'Barn' }, ben), edit(item, { location: 'Beach' }, cleo))
    expect(restored(both, both)).toBe(both)
    const titled = edit(both, { title: 'Vows' }, ana)
    const back = restored(titled, both)
    expect(viewRecord(back).siblings.location).toHaveLength(2)
    expect(viewRecord(back).data.title).toBe('Ceremony')
  })

  it('deletes what did not exist yet, and brings back what was deleted since', () => {
    expect(viewRecord(restored(item, undefined)).deleted).toBe(true)
    const deleted = deleteRecord(item, author(ben))
    expect(visible(restored(deleted, item))).toEqual(visible(item))
    expect(restored(deleted, deleted)).toBe(deleted)
    expect(restored(deleted, undefined)).toBe(deleted)
    expect(viewRecord(restored(item, deleted)).deleted).toBe(true)
  })

  it('settles a deletion that is contested now and was not there then', () => {
    const contested = join(deleteRecord(item, author(ben)), edit(item, { location: 'Barn' }, cleo))
    expect(conflictsOf(contested)).toHaveLength(1)
    const back = restored(contested, item)
    expect(conflictsOf(back)).toEqual([])
    expect(visible(back)).toEqual(visible(item))
  })

  it('is an edit like others: what somebody writes meanwhile stands beside it', () => {
    const now = edit(item, { location: 'Barn' }, ben)
    const meanwhile = edit(now, { location: 'Beach' }, cleo)
    expect(viewRecord(join(restored(now, item), meanwhile)).siblings.location).toHaveLength(2)
  })

  it('leaves alone what is only ever added', () => {
    const activity = { ...guest(scope), table: 'client_activities' }
    expect(restored(activity, undefined)).toBe(activity)
  })
})

describe('restoreWedding', () => {
  it('brings a wedding back to a moment, by edits that are undone in the same way', async () => {
    await withStore(folders.make(), async ({ store }) => {
      const { changes, history } = store
      const scope = randomUUID()
      const [dana, eli, fay] = ['Dana', 'Eli', 'Fay'].map((name) =>
        guest(scope, { name, email: `${name}@example.org` }),
      )
      if (!dana || !eli || !fay) throw new Error('three guests')
      await write(changes, { record: dana }, { record: eli })
      await sleep(2)
      const thenMs = Date.now()
      await sleep(2)
      await write(changes, { record: edit(dana, { name: 'Dana Lee', meal: 'fish' }, ben) }, { record: fay })
      await write(changes, { record: deleteRecord(eli, author(ben)) })
      const now = (await changes.inScope(scope)).map(visible)
      await sleep(2)
      const undoMs = Date.now()
      await sleep(2)
      const restoreTo = async (ms: number) => {
        const past = await history.weddingAt(scope, ms)
        if (!past.ok) throw new Error(past.error.kind)
        return restoreWedding(changes, { scope, past: past.value, known: [], author: author(ana), role: 'owner' })
      }
      const first = await restoreTo(thenMs)
      expect(first.ok && first.value).toMatchObject({ recovered: 0, changed: 2, deleted: 1 })
      const guests = (await changes.inScope(scope)).filter((record) => !viewRecord(record).deleted)
      expect(guests.map(visible)).toEqual([dana, eli].sort((a, b) => (a.id < b.id ? -1 : 1)).map(visible))
      // Nothing that was typed since is lost.
      expect((await history.superseded(dana.id)).map(({ value }) => value)).toContain('Dana Lee')

      expect((await restoreTo(undoMs)).ok).toBe(true)
      expect((await changes.inScope(scope)).map(visible)).toEqual(now)
    })
  })

  it('finds again what only the backup has, and writes nothing at all if a part may not be written', async () => {
    await withStore(folders.make(), async ({ store: { changes } }) => {
      const scope = randomUUID()
      const lost = guest(scope, { name: 'Dana' })
      const order = { scope, past: [lost], known: [lost], author: author(ana) }
      const found = await restoreWedding(changes, { ...order, role: 'owner' })
      expect(found.ok && found.value).toMatchObject({ recovered: 1, changed: 0, deleted: 0 })
      expect((await changes.inScope(scope)).map(visible)).toEqual([visible(lost)])

      const item = timelineItem(scope)
      await write(changes, { record: item }, { record: edit(lost, { name: 'Dana Lee' }, ben) })
      const head = await changes.head(scope)
      const refused = await restoreWedding(changes, { ...order, role: 'photographer' })
      expect(refused).toMatchObject({ ok: false, error: { kind: 'may-not-write' } })
      expect(await changes.head(scope)).toBe(head)
    })
  })
})
