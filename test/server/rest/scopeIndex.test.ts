/** The extract that polls are answered from, against a plain filter and sort of the records. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeStamp } from '../../../model/merge/clock.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import { mayRead, type Role } from '../../../model/roles.ts'
import type { Change } from '../../../model/sync/changeStore.ts'
import { createScopeIndex } from '../../../server/rest/scopeIndex.ts'

const SCOPE = '7d3b1c9e-0000-4000-8000-000000000001'
const ROLES: readonly Role[] = ['planner', 'vendor']

/** The records of one wedding, and their places in its log. */
function wedding() {
  const log = new Map<string, Change>()
  let seq = 0
  return {
    all: () => [...log.values()].map(({ record }) => record),
    find: (id: string) => log.get(id)?.record,
    commit(record: CausalRecord) {
      log.set(record.id, { seq: ++seq, record })
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

/** Of a class that both roles may read, or of one that vendors may not. */
const edit = fc.record({
  n: fc.integer({ min: 0, max: 4 }),
  ms: fc.integer({ min: 1, max: 30 }),
  field: fc.constantFrom('title', 'internalNotes'),
})
const question = fc.record({ role: fc.constantFrom(...ROLES), sinceMs: fc.integer({ min: 0, max: 31 }) })

function expected(records: readonly CausalRecord[], role: Role, since: string): readonly string[] {
  return records
    .filter((record) => mayRead(role, record.table, record.base))
    .map((record) => {
      const known = [...liveValues(record)].filter(({ readClass }) => mayRead(role, record.table, readClass))
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

it('has what a role may know of, in order of its latest edit, however late the edits come in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(edit, question), { maxLength: 60 }), async (steps) => {
      const { all, find, commit, changes } = wedding()
      const index = createScopeIndex(changes)
      let count = 0
      for (const step of steps) {
        if ('field' in step) {
          const id = `7d3b1c9e-0000-4000-8000-00000000001${step.n}`
          const author = { actor: 'ana________', stamp: makeStamp(step.ms, ++count) }
          const before = find(id) ?? createRecord({ id, scope: SCOPE, table: 'timeline_items', data: {} }, author)
          commit(editRecord(before, { [step.field]: `${count}` }, author))
          continue
        }
        const since = makeStamp(step.sinceMs, 0)
        const extract = (await index([SCOPE])).get(SCOPE)
        const found = [...(extract?.written(step.role, ({ stamp }) => stamp > since) ?? [])]
        expect(found.map(({ entry, stamp }) => `${stamp} ${entry.id}`)).toEqual(expected(all(), step.role, since))
      }
    }),
    { numRuns: 300 },
  )
})
