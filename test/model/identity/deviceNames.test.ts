import { describe, expect, it } from 'vitest'
import { deviceNames } from '../../../model/identity/deviceNames.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../../model/merge/record.ts'
import { uuidOf } from '../../support/ids.ts'
import { at } from '../../support/mergeHelpers.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const TEAM = uuidOf(1)

/** What a device says of itself when one of its actors begins to write. */
function introduced(n: number, deviceName: string | undefined, seconds = n): CausalRecord {
  const data = { actor: `actor${n}`, userId: uuidOf(9), deviceId: 'tablet', personName: 'Rita' }
  const named = deviceName === undefined ? data : { ...data, deviceName }
  return createRecord({ id: uuidOf(100 + n), scope: TEAM, table: 'actors', data: named }, at(seconds, `actor${n}`))
}

function nameIn(...records: readonly CausalRecord[]): string | undefined {
  const names = [records, [...records].reverse()].map((order) => deviceNames(order).get('tablet')?.name)
  expect(names[0], 'the order of records does not matter').toBe(names[1])
  return names[0]
}

describe('the name of a device', () => {
  it('is the one that it came with last, as long as nobody has given it one', () => {
    expect(nameIn(introduced(1, 'iPad'), introduced(2, 'iPad of Rita'))).toBe('iPad of Rita')
    expect(nameIn(introduced(1, undefined))).toBeUndefined()
    expect(nameIn(introduced(1, '  '))).toBeUndefined()
  })

  it('is the one that it was given, also after a crash that made it introduce itself anew', () => {
    const given = editRecord(introduced(1, 'iPad'), { deviceName: 'Kitchen ' }, at(5, 'anna'))
    expect(nameIn(given, introduced(2, 'iPad', 60))).toBe('Kitchen')
  })

  it('is the latest of several, wherever each was written, and a new one goes where that is', () => {
    const first = editRecord(introduced(1, 'iPad'), { deviceName: 'Kitchen' }, at(5, 'anna'))
    const second = editRecord(introduced(2, 'iPad', 6), { deviceName: 'Bar' }, at(7, 'rita'))
    expect(nameIn(first, second)).toBe('Bar')
    expect(deviceNames([first, second]).get('tablet')?.record).toBe(second)
  })

  it('is on every replica the same where two people give one at once', () => {
    const base = introduced(1, 'iPad')
    const annas = editRecord(base, { deviceName: 'Kitchen' }, at(5, 'anna'))
    const ritas = editRecord(base, { deviceName: 'Bar' }, at(6, 'rita'))
    expect(nameIn(mustBeOk(joinRecords(annas, ritas)))).toBe('Bar')
    expect(nameIn(mustBeOk(joinRecords(ritas, annas)))).toBe('Bar')
  })
})
