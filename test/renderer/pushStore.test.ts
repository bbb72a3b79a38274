import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deleteRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { dayItem } from '../../model/timeline/dayItem.ts'
import { planEdits } from '../../model/timeline/planEdits.ts'
import { createEdits } from '../../renderer/src/data/edits.ts'
import { iso, push } from '../model/timeline/dayHelpers.ts'
import { uuidOf } from '../support/ids.ts'
import { type MemoryReplica, openMemoryReplica } from '../support/memoryReplica.ts'

const SCOPE = uuidOf(900)
const OPERATION = uuidOf(901)
const DINNER = [
  { title: 'Speech', startTime: iso('18:30'), endTime: iso('18:45') },
  { title: 'Main', startTime: iso('18:45'), endTime: iso('19:30') },
  { title: 'Dessert', startTime: iso('19:30'), endTime: iso('20:00') },
]
const [SPEECH, MAIN, DESSERT] = [uuidOf(0), uuidOf(1), uuidOf(2)]

let replica: MemoryReplica
let seen: ReadonlyMap<string, CausalRecord>

/** Pushes from the speech, as a person who saw `seen` would. */
async function pushBy(minutes: number): Promise<void> {
  const plan = push([...seen.values()].map(viewRecord).map(dayItem), SPEECH, minutes)
  const changes = planEdits(plan).flatMap(({ id, data }) => {
    const before = seen.get(id)
    return before ? [{ before, data }] : []
  })
  await createEdits({ store: replica.changes, author: () => replica.author() }).editAll(changes, OPERATION)
}

async function dataOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  return viewRecord(await replica.read(id)).data
}

async function operationsOf(id: string): Promise<readonly (string | undefined)[]> {
  const values = [...liveValues(await replica.read(id))]
  return values.filter(({ register }) => register.endsWith('Time')).map(({ edit }) => edit.operation)
}

beforeEach(async () => {
  replica = await openMemoryReplica('ana', { now: () => Date.parse(iso('12:00')) })
  for (const [n, data] of DINNER.entries()) {
    await replica.create({ id: uuidOf(n), scope: SCOPE, table: 'timeline_items', data })
  }
  seen = await replica.changes.records([SPEECH, MAIN, DESSERT])
})

afterEach(() => replica.close())

describe('a push in the store', () => {
  it('is one update, and every edit carries its operation', async () => {
    const update = vi.spyOn(replica.changes, 'update')
    await pushBy(15)
    expect(update).toHaveBeenCalledTimes(1)
    expect(await dataOf(DESSERT)).toMatchObject({ startTime: iso('19:45'), endTime: iso('20:15') })
    for (const id of [SPEECH, MAIN, DESSERT]) expect(await operationsOf(id)).toEqual([OPERATION, OPERATION])
  })

  it('leaves a question where somebody else moved an item meanwhile, instead of overwriting it', async () => {
    await replica.edit(DESSERT, { startTime: iso('21:00') })
    await pushBy(20)
    const starts = viewRecord(await replica.read(DESSERT)).siblings.startTime?.map(({ value }) => value)
    expect(starts?.toSorted()).toEqual([iso('19:50'), iso('21:00')])
    expect(await dataOf(MAIN)).toMatchObject({ startTime: iso('19:05') })
  })

  it('does not bring back what somebody deleted meanwhile', async () => {
    await replica.change(MAIN, (record) => deleteRecord(record, replica.author()))
    await pushBy(15)
    expect(viewRecord(await replica.read(MAIN)).deleted).toBe(true)
    expect(await dataOf(DESSERT)).toMatchObject({ startTime: iso('19:45') })
  })

  it('writes nothing at all if one of its records is not here', async () => {
    await replica.removeByHand([DESSERT])
    await expect(pushBy(15)).rejects.toThrow(/not on this device/)
    expect(await dataOf(SPEECH)).toMatchObject({ startTime: iso('18:30') })
  })
})
