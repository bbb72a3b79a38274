import { expect, it } from 'vitest'
import { makeStamp } from '../../../model/merge/clock.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import type { Role } from '../../../model/roles.ts'
import { viewOf } from '../../../model/sync/rules.ts'
import { createRows } from '../../../server/rest/rows.ts'

const WEDDING = '7b0f0c5e-43d5-4c5e-9c1d-6a1b1f0a0001'
const guest = (notes: string) =>
  createRecord(
    { id: crypto.randomUUID(), scope: WEDDING, table: 'guests', data: { name: 'Ida', notes } },
    { actor: 'actorActor1', stamp: makeStamp(1_000, 0) },
  )
const reader = (role: Role) => ({ key: role, view: viewOf(role) })
const at = (seq: number) => ({ scope: WEDDING, seq })

it('keeps a row for its place in the log and its role, and what the role may not read is not in it', () => {
  const rows = createRows()
  const made = rows.make(at(1), reader('planner'), guest('Aisle seat'))
  expect(made).toMatchObject({ table: 'guests', data: { name: 'Ida', wedding_id: WEDDING }, deleted: false })
  expect(rows.get(at(1), reader('planner'))).toBe(made)
  expect(rows.get(at(2), reader('planner'))).toBeUndefined()
  expect(rows.get(at(1), reader('vendor'))).toBeUndefined()
})

it('forgets the oldest rows when there is no room for more', () => {
  const rows = createRows(3_000)
  for (let seq = 1; seq <= 4; seq++) rows.make(at(seq), reader('planner'), guest('x'.repeat(700)))
  expect([1, 2, 3, 4].map((seq) => rows.get(at(seq), reader('planner')) !== undefined)).toEqual([
    false,
    true,
    true,
    true,
  ])
  // One that is too long for the room is given out and not kept.
  expect(rows.make(at(5), reader('planner'), guest('x'.repeat(4_000)))).toBeDefined()
  expect(rows.get(at(5), reader('planner'))).toBeUndefined()
})
