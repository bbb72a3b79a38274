import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { join, joinAll } from '../../support/mergeFuzz.ts'
import { at, newRecord } from '../../support/mergeHelpers.ts'

const words = fc
  .array(fc.constantFrom('ring', ' ', 'vow', '\n', '😀', '.'), { maxLength: 6 })
  .map((parts) => parts.join(''))
const notesOf = (record: CausalRecord): unknown => viewRecord(record).data.notes
const updatesOf = (record: CausalRecord) =>
  [...liveValues(record)].filter(({ register }) => register === 'notes').length

describe('text of several people', () => {
  it('[TXT3] comes to rest: reading and exchanging it again changes nothing, and the next edit leaves one update', () => {
    const edit = fc.tuple(fc.nat({ max: 3 }), words)
    fc.assert(
      fc.property(fc.boolean(), fc.array(edit, { maxLength: 12 }), (begunTogether, edits) => {
        const start = newRecord('tasks', { title: 'Call', ...(begunTogether && { notes: 'root' }) })
        const people = [start, start, start, start]
        edits.forEach(([by, notes], n) => {
          const mine = people[by] ?? start
          const told = n % 3 === 0 ? join(mine, people[(by + 1) % 4] ?? start) : mine
          people[by] = editRecord(told, { notes }, at(n, `p${by}`))
        })
        const all = joinAll(people)
        const before = JSON.stringify(encodeRecord(all))
        for (const replica of people) {
          notesOf(replica)
          expect(join(all, replica)).toBe(all)
          expect(notesOf(join(replica, all))).toEqual(notesOf(all))
        }
        expect(JSON.stringify(encodeRecord(all))).toBe(before)
        const next = editRecord(all, { notes: 'settled' }, at(100, 'ana'))
        expect([notesOf(joinAll([next, ...people])), updatesOf(next)]).toEqual(['settled', 1])
        expect(editRecord(next, { notes: 'settled' }, at(101, 'ben'))).toBe(next)
      }),
      { numRuns: 60 },
    )
  })
})
