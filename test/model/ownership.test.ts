import { describe, expect, it } from 'vitest'
import { createRecord, type Data, deleteRecord, editRecord } from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { byActor, claimsOf, feedsGuestsOf, isCaterer, vendorNamed, vendorWithId } from '../../model/ownership.ts'
import { claimsHeld } from '../../model/sync/ownClaims.ts'
import { uuidOf } from '../support/ids.ts'
import { at, WEDDING_ID } from '../support/mergeHelpers.ts'

const KITCHEN = uuidOf(200)

const row = (data: Data, table = 'vendors'): CausalRecord =>
  createRecord({ id: KITCHEN, scope: WEDDING_ID, table, data: { name: 'The Kitchen', ...data } }, at(0, 'ana'))
const heldBy = (record: CausalRecord) => claimsHeld([KITCHEN], [], [record])

describe('who caters', () => {
  it.each(['caterer', 'Caterer', 'CATERING', ' catering\n'])('[ROL6] says so by the type %j', (type) => {
    expect(isCaterer(type)).toBe(true)
  })

  it.each(['florist', 'caterers', 'non-caterer', 'catering equipment', '', null, undefined, 1, ['caterer']])(
    '[ROL6] and not by %j',
    (type) => {
      expect(isCaterer(type)).toBe(false)
    },
  )

  it('[ROL6] holds the guests of the wedding of its row, as long as that is there and of the type', () => {
    const caterer = row({ type: 'Caterer' })
    expect([...heldBy(caterer)].sort()).toEqual(
      [feedsGuestsOf(WEDDING_ID), vendorNamed('The Kitchen'), vendorWithId(KITCHEN)].sort(),
    )
    for (const other of [
      row({ type: 'florist' }),
      row({}),
      row({ type: 'caterer' }, 'vendor_directory'),
      editRecord(caterer, { type: 'bar' }, at(1, 'ana')),
      deleteRecord(caterer, at(1, 'ana')),
    ]) {
      expect([...heldBy(other)]).not.toContain(feedsGuestsOf(WEDDING_ID))
    }
  })
})

describe('a guest', () => {
  it('[ROL6] is the own of who caters the wedding, and not of who wrote it', () => {
    const record = { id: uuidOf(7), scope: WEDDING_ID, table: 'guests', data: { name: 'Ada', dietary: 'vegan' } }
    expect(claimsOf(createRecord(record, at(0, 'ana')), 'ever')).toEqual([feedsGuestsOf(WEDDING_ID)])
    expect(claimsOf(createRecord({ ...record, table: 'issues' }, at(0, 'ana')), 'ever')).toEqual([
      byActor(at(0, 'ana').actor),
    ])
  })
})
