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
      changesSince: async (_scope: string, from: number, { limit }: { readonly limit: number }) => {
        const all = [...log.values()].filter((change) => change.seq > from).sort((a, b) => a.seq - b.seq)
        const changes = all.slice(0, limit)
        const more = all.length > limit
        return { changes, upTo: more ? (changes.at(-1)?.seq ?? from) : seq, more }
      },
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

it('lets other requests have their turn while it reads a large wedding', async () => {
  const { commit, changes } = wedding()
  for (let n = 0; n < 1_000; n++) {
    const id = `7d3b1c9e-0000-4000-8000-${String(n).padStart(12, '0')}`
    commit(
      createRecord(
        { id, scope: SCOPE, table: 'timeline_items', data: { title: 'Toast' } },
        { actor: 'actor______', stamp: makeStamp(n, 0) },
      ),
    )
  }
  let turns = 0
  let done = false
  const count = (): void => {
    turns++
    if (!done) setImmediate(count)
  }
  setImmediate(count)
  const extract = (await scopeIndexOf(changes)([SCOPE])).get(SCOPE)
  done = true
  expect(turns).toBeGreaterThanOrEqual(4)
  const [planner] = READERS
  if (!planner) throw new Error('there is a planner')
  expect([...(extract?.written(planner, () => true) ?? [])]).toHaveLength(1_000)
})
