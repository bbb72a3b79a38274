import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { receiveChanges } from '../../../model/sync/inbox.ts'
import { TRUSTED } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { elevenChars, type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, WEDDING_ID, write } from '../../support/mergeHelpers.ts'

describe('a record that a peer brings', () => {
  let hub: MemoryReplica
  beforeAll(async () => {
    hub = await openMemoryReplica('hub', { now: () => WEDDING_MORNING_MS })
  })
  afterAll(() => hub.close())

  async function bring(...records: readonly unknown[]): Promise<void> {
    const inbox = { changes: hub.changes, state: hub.state, rules: TRUSTED, peerEpoch: elevenChars('peer') }
    const sent = JSON.parse(JSON.stringify(records))
    const message = { type: 'changes', scope: WEDDING_ID, seq: 1, remaining: 0, records: sent } as const
    expect(await receiveChanges(message, inbox)).toMatchObject({ refused: [], needs: [] })
  }

  async function stored(id: string): Promise<string> {
    const { changes } = await hub.changes.changesSince(WEDDING_ID, 0, { limit: 100 })
    return JSON.stringify(changes.find((change) => change.stored.id === id)?.stored)
  }

  const guest = (id: number): CausalRecord => ({
    ...newRecord('guests', { name: 'Ada', phone: '1' }),
    id: uuidOf(id),
  })

  it('[COD6] is stored in the one form that there is, whatever the order in which it came', async () => {
    const turned = (object: object) => Object.fromEntries(Object.entries(object).reverse())
    const { units, ...rest } = encodeRecord(guest(81))
    const open = Object.fromEntries(
      Object.entries(units).map(([name, unit]) => [name, turned({ ...unit, r: turned(unit.r) })]),
    )
    const other = { units: turned(open), ...turned(rest) }
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(encodeRecord(guest(81))))
    await bring(encodeRecord(guest(80)), other)
    expect(await stored(uuidOf(80))).toBe(JSON.stringify(encodeRecord(guest(80))))
    expect(await stored(uuidOf(81))).toBe(JSON.stringify(encodeRecord(guest(81))))
  })

  it('[COD6] is stored as what comes of it where another state of it was here', async () => {
    const [ours, theirs] = apart(guest(82), write({ phone: '2' }), write({ name: 'Ida' }))
    await bring(encodeRecord(ours))
    await bring(encodeRecord(theirs))
    const both = join(ours, theirs)
    expect(await stored(uuidOf(82))).toBe(JSON.stringify(encodeRecord(both)))
    const later = editRecord(both, { name: 'Eda', phone: '3' }, at(20, 'ben'))
    await bring(encodeRecord(later))
    expect(await stored(uuidOf(82))).toBe(JSON.stringify(encodeRecord(later)))
  })

  it('[COD6] is stored as both states together where it comes twice in one message', async () => {
    const [first, second] = [
      editRecord(guest(83), { name: 'Ida' }, at(10, 'ben')),
      editRecord(guest(83), { phone: '2' }, at(11, 'cleo')),
    ]
    await bring(encodeRecord(first), encodeRecord(second))
    expect(await stored(uuidOf(83))).toBe(JSON.stringify(encodeRecord(join(first, second))))
  })
})
