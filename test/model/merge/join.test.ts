import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { decodeRecord, encodeRecord } from '../../../model/merge/codec.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { scopeDigest } from '../../../model/merge/digest.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import { envelopeValue } from '../../../model/merge/envelope.ts'
import { type CausalRecord, joinRecords, liveValues, recordVersion, sameRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { fieldOf, READ_CLASSES, tableNamed } from '../../../model/tables/index.ts'
import { elevenChars } from '../../support/memoryReplica.ts'
import {
  histories,
  join,
  joinAll,
  livePlaces,
  play,
  reordered,
  restricted,
  survivors,
} from '../../support/mergeFuzz.ts'

/** Everything that two replicas must agree on. */
function account(record: CausalRecord): unknown {
  return {
    view: viewRecord(record),
    conflicts: conflictsOf(record),
    version: recordVersion(record),
    digest: [...scopeDigest([record])],
    stored: JSON.stringify(encodeRecord(record)),
  }
}

const RUNS = 150

describe('join', () => {
  it('[INV3] is commutative, associative and idempotent on whatever replicas hold', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { replicas } = play(history)
        for (const a of replicas) {
          expect(join(a, a)).toBe(a)
          for (const b of replicas) {
            const ab = join(a, b)
            expect(sameRecord(ab, join(b, a))).toBe(true)
            expect(join(ab, b)).toBe(ab)
            for (const c of replicas) expect(sameRecord(join(ab, c), join(a, join(b, c)))).toBe(true)
          }
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV2] replicas that have exchanged everything agree in values, siblings, conflicts, digest, version and bytes', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (history, chance) => {
        const { replicas, states } = play(history)
        const shuffled = (): CausalRecord[] =>
          [...states, ...replicas, ...states.slice(0, 5)]
            .map((state) => [chance.next().value, state] as const)
            .sort(([x], [y]) => x - y)
            .map(([, state]) => state)
        const one = joinAll(shuffled())
        const other = joinAll(shuffled())
        expect(sameRecord(one, other)).toBe(true)
        expect(account(other)).toEqual(account(one))
        expect(account(reordered(one))).toEqual(account(one))
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV4][REG2] keeps exactly the values that nobody replaced who had seen them', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { replicas, written } = play(history)
        expect(livePlaces(joinAll(replicas))).toEqual(survivors(written))
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV4][REG3] shows every live value of a field as the visible one or as a sibling', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const record = joinAll(play(history).replicas)
        const { data, siblings } = viewRecord(record)
        for (const { register, value } of liveValues(record)) {
          const { policy } = fieldOf(tableNamed(record.table), register)
          if (register.startsWith('$') || register.includes('/') || policy === 'text') continue
          const shown = [data[register], ...(siblings[register] ?? []).map((sibling) => sibling.value)]
          expect(shown.map(canonicalJson)).toContain(canonicalJson(envelopeValue(value)))
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV3] reading writes nothing and changes nothing', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const record = joinAll(play(history).replicas)
        const before = JSON.stringify(encodeRecord(record))
        expect(account(record)).toEqual(account(record))
        expect(JSON.stringify(encodeRecord(record))).toBe(before)
      }),
      { numRuns: RUNS / 3 },
    )
  })

  it('[COD2] a record is the same after a trip over the wire', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const record = joinAll(play(history).replicas)
        const decoded = decodeRecord(JSON.parse(JSON.stringify(encodeRecord(record))))
        if (!decoded.ok) throw new Error(decoded.error.reason)
        expect(sameRecord(decoded.value, record)).toBe(true)
        expect(account(decoded.value)).toEqual(account(record))
      }),
      { numRuns: RUNS },
    )
  })

  it('[INV6][UNIT3] a replica that may read a part only deletes nothing when it joins back', () => {
    fc.assert(
      fc.property(histories, fc.subarray([...READ_CLASSES]), (history, classes) => {
        const whole = joinAll(play(history).replicas)
        const part = restricted(whole, ['open', ...classes])
        const stamp = 'zzzzzzzzzzzz'
        const edited = editRecord(part, { name: 'Somebody else' }, { actor: elevenChars('tablet'), stamp })
        const back = join(whole, edited)
        const kept = livePlaces(whole).filter((place) => !/^open (name|\$deleted) /.test(place))
        expect(livePlaces(back)).toEqual(expect.arrayContaining([...kept]))
        expect(viewRecord(back).data.name).toBe('Somebody else')
        expect(sameRecord(join(edited, whole), back)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  it('[REG7] refuses records that are not the same thing', () => {
    const { replicas } = play({ table: 'guests', clockErrors: [0, 0], steps: [] })
    const [record] = replicas
    if (!record) throw new Error('no record')
    for (const field of ['scope', 'table', 'base', 'id'] as const) {
      const moved = { ...record, [field]: 'elsewhere' }
      expect(joinRecords(record, moved)).toEqual({ ok: false, error: { kind: 'identity-mismatch', field } })
    }
  })
})
