/** The extract that polls are answered from, against a plain filter and sort of the records. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeStamp } from '../../../model/merge/clock.ts'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, emptied, liveValues } from '../../../model/merge/record.ts'
import { vendorWithId } from '../../../model/ownership.ts'
import type { Change } from '../../../model/sync/changeStore.ts'
import { isInView, viewOf } from '../../../model/sync/rules.ts'
import { scopeIndexOf } from '../../../server/rest/scopeIndex.ts'
import type { Reader } from '../../../server/rest/sight.ts'

const SCOPE = '7d3b1c9e-0000-4000-8000-000000000001'
const BAND = '7d3b1c9e-0000-4000-8000-0000000000ba'
const READERS: readonly Reader[] = [
  { key: 'planner', view: viewOf('planner') },
  { key: 'vendor', view: viewOf('vendor') },
  { key: 'band', view: viewOf('vendor', (claim) => claim === vendorWithId(BAND)) },
]

/** The records of one wedding, and their places in its log. */
function wedding() {
  const log = new Map<string, Change>()
  let seq = 0
  return {
    all: () => [...log.values()].map(({ record }) => record),
    find: (id: string) => log.get(id)?.record,
    commit(record: CausalRecord) {
      log.set(record.id, { seq: ++seq, record, stored: encodeRecord(record) })
    },
    changes: {
      heads: async () => new Map([[SCOPE, seq]]),
      changesSince: async (_scope: string, from: number) => ({
        changes: [...log.values()].filter((change) => change.seq > from).sort((a, b) => a.seq - b.seq),
        upTo: seq,
        more: false,
      }),
    },
  }
}

/** Items, which all read, and tasks, which a vendor reads that they are given to; and what no vendor reads in either. */
const edit = fc.record({
  n: fc.integer({ min: 0, max: 5 }),
  ms: fc.integer({ min: 1, max: 30 }),
  field: fc.constantFrom('title', 'internalNotes', 'assignees', 'taken out'),
})
const question = fc.record({ reader: fc.constantFrom(...READERS), sinceMs: fc.integer({ min: 0, max: 31 }) })

function expected(records: readonly CausalRecord[], { view }: Reader, since: string): readonly string[] {
  return records
    .filter((record) => isInView(view, record, record.base))
    .map((record) => {
      const known = [...liveValues(record)].filter(({ readClass }) => isInView(view, record, readClass))
      return {
        id: record.id,
        stamp:
          known
            .map((value) => value.edit.stamp)
            .sort()
            .at(-1) ?? '',
      }
    })
    .filter(({ stamp }) => stamp > since)
    .map(({ id, stamp }) => `${stamp} ${id}`)
    .sort()
}

it('[ROL1][ROL5] has what a reader may know of, in order of its latest edit, however late the edits come in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(edit, question), { maxLength: 60 }), async (steps) => {
      const { all, find, commit, changes } = wedding()
      const index = scopeIndexOf(changes)
      let count = 0
      for (const step of steps) {
        if ('field' in step) {
          const id = `7d3b1c9e-0000-4000-8000-00000000001${step.n}`
          const author = { actor: 'ana________', stamp: makeStamp(step.ms, ++count) }
          const table = step.n % 2 ? 'tasks' : 'timeline_items'
          const known = find(id)
          const before = known?.units.size ? known : createRecord({ id, scope: SCOPE, table, data: {} }, author)
          if (step.field === 'taken out') commit(emptied(before))
          else commit(editRecord(before, { [step.field]: step.field === 'assignees' ? [BAND] : `${count}` }, author))
          continue
        }
        const since = makeStamp(step.sinceMs, 0)
        const extract = (await index([SCOPE])).get(SCOPE)
        const found = [...(extract?.written(step.reader, ({ stamp }) => stamp > since) ?? [])]
        expect(found.map(({ entry, stamp }) => `${stamp} ${entry.id}`)).toEqual(expected(all(), step.reader, since))
      }
    }),
    { numRuns: 300 },
  )
})
