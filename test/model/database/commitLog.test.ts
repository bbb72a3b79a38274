import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCommitLog } from '../../../model/database/commitLog.ts'

const step = fc.record({
  id: fc.integer({ min: 0, max: 9 }).map(String),
  from: fc.constantFrom('', 'peer'),
  isDropped: fc.boolean(),
})

describe('the change log in memory', () => {
  it('has each record at its latest change, in order, however many went before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.nat(400), (steps, since) => {
        const log = createCommitLog()
        const rows = new Map<string, { id: string; seq: number; table: string; from: string; scope: string }>()
        steps.forEach(({ id, from, isDropped }, n) => {
          if (isDropped && n % 5 === 0) {
            rows.delete(id)
            log.drop(id)
            return
          }
          const row = { id, seq: n + 1, table: `table${id}`, from, scope: `scope${Number(id) % 2}` }
          rows.set(id, row)
          log.note({ ...row, base: 'open', actors: [], units: {} })
        })
        const live = [...rows.values()].sort((a, b) => a.seq - b.seq)
        expect(new Set(log.scopes())).toEqual(new Set(live.map(({ scope }) => scope)))
        for (const scope of ['scope0', 'scope1']) {
          const ofScope = live.filter((row) => row.scope === scope)
          expect(log.head(scope)).toBe(ofScope.at(-1)?.seq ?? 0)
          const expected = ofScope.filter(({ seq }) => seq > since)
          expect([...log.since(scope, since)]).toEqual(expected)
        }
      }),
    )
  })
})
