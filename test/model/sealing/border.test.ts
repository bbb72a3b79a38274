import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRecord, encodeRecord } from '../../../model/merge/codec.ts'
import { conflictsOf } from '../../../model/merge/conflicts.ts'
import { scopeDigest, unitHash } from '../../../model/merge/digest.ts'
import { deleteRecord } from '../../../model/merge/edit.ts'
import { readSealed } from '../../../model/merge/envelope.ts'
import { type CausalRecord, liveValues, sameRecord } from '../../../model/merge/record.ts'
import { parseRegister } from '../../../model/merge/registers.ts'
import { isDeleted, viewRecord } from '../../../model/merge/view.ts'
import { isOpenField, OPEN_FIELDS } from '../../../model/sealing/openFields.ts'
import { TABLES } from '../../../model/tables/index.ts'
import { histories, join, joinAll, play } from '../../support/mergeFuzz.ts'
import { apart, at, newRecord, write } from '../../support/mergeHelpers.ts'
import { borderOf, opened, secretOf, teamBorder } from '../../support/sealing.ts'

const border = teamBorder()

const guest = newRecord('guests', {
  name: 'Ada Lovelace',
  allergies: ['nuts', 'a/b~c'],
  phone: '+351 912 345 678',
  notes: 'sits with Grace',
  tableNumber: 4,
})

/** The record after a change in the text of its stored form. */
function altered(record: CausalRecord, change: (text: string) => string): CausalRecord {
  const decoded = decodeRecord(JSON.parse(change(JSON.stringify(encodeRecord(record)))))
  if (!decoded.ok) throw new Error(decoded.error.reason)
  return decoded.value
}

describe('the border', () => {
  it('[SEA1] what was sealed opens to what it was: values, siblings, dots, marks and tags', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        for (const record of play(history).replicas) {
          const back = await opened(border, await border.outgoing(record))
          expect(encodeRecord(back)).toEqual(encodeRecord(record))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('[SEA2] two devices make one ciphertext of one edit, and a sealed record keeps its stored form', async () => {
    const sealed = encodeRecord(await border.outgoing(guest))
    expect(encodeRecord(await teamBorder().outgoing(guest))).toEqual(sealed)
    const decoded = decodeRecord(JSON.parse(JSON.stringify(sealed)))
    expect(decoded.ok && encodeRecord(decoded.value)).toEqual(sealed)
  })

  it('[SEA3][INV9] sealed records join as open ones do, and their digests are those of the outlines', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { states } = play(history)
        const sealed = joinAll(await Promise.all(states.map((state) => border.outgoing(state))))
        const open = joinAll(states)
        expect(sameRecord(await opened(border, sealed), open)).toBe(true)
        expect(scopeDigest([sealed])).toEqual(scopeDigest([border.outline(open)]))
        for (const [readClass, unit] of sealed.units) {
          const outline = border.outline(open).units.get(readClass)
          expect(outline && unitHash(open.id, readClass, outline)).toBe(unitHash(open.id, readClass, unit))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('[SEA3] one dot with two contents clashes outside as it does inside', async () => {
    const [one, other] = [newRecord('guests', { name: 'Ada' }), newRecord('guests', { name: 'Eve' })]
    expect(() => join(one, other)).toThrow('dot-clash')
    const [sealed, alsoSealed] = [await border.outgoing(one), await border.outgoing(other)]
    expect(() => join(sealed, alsoSealed)).toThrow('dot-clash')
  })

  it('[SEA3] two texts that are one for whoever reads them wait for nobody outside either, although somebody asked', async () => {
    const asking = write({ notes: 'sits with Grace and Alan' })
    const [ana, ben] = apart(guest, write({ notes: 'sits with Grace Hopper' }), (record, author) =>
      asking(record, { ...author, ask: true }),
    )
    const both = join(ana, ben)
    expect(conflictsOf(both)).toEqual([])
    expect(conflictsOf(await border.outgoing(both))).toEqual([])
  })

  it('[SEA4] a value opens only where it was sealed', async () => {
    const sealed = await border.outgoing(guest)
    const [name, table] = ['name', 'tableNumber'].map((field) =>
      JSON.stringify(sealed.units.get('open')?.registers.get(field)?.[0]?.value),
    )
    const swapped = altered(sealed, (text) =>
      text
        .replace(name ?? '?', '"\u0000"')
        .replace(table ?? '?', name ?? '?')
        .replace('"\u0000"', table ?? '?'),
    )
    expect(await border.incoming(swapped)).toMatchObject({ ok: false })
    const places: readonly Partial<CausalRecord>[] = [
      { id: '00000000-0000-4000-8000-000000000099' },
      { scope: '00000000-0000-4000-8000-000000000099' },
      { table: 'vendors' },
      { base: 'inner' },
    ]
    for (const place of places) expect(await border.incoming({ ...sealed, ...place })).toMatchObject({ ok: false })
    const open = sealed.units.get('open')
    const elsewhere = { ...sealed, units: new Map(open && [['inner', open]]) }
    expect(await border.incoming(elsewhere)).toMatchObject({ ok: false })
  })

  it('[SEA4] nothing that an edit says of itself can be changed', async () => {
    const marked = newRecord('guests', { name: 'Ada' }, at(5, 'ana', { ask: true, operation: 'op-1' }))
    const sealed = await border.outgoing(marked)
    const [sibling] = sealed.units.get('open')?.registers.get('name') ?? []
    if (!sibling) throw new Error('no name was sealed')
    const { ask, operation, ...bare } = sibling.edit
    expect([ask, operation]).toEqual([true, 'op-1'])
    const edits = [
      { ...sibling.edit, stamp: at(6, 'ana').stamp },
      { ...sibling.edit, tag: 'AAAAAAAAAAA' },
      { ...sibling.edit, counter: 2 },
      { ...sibling.edit, actor: 'ben________' },
      { ...bare, ask: true as const },
      { ...bare, operation: 'op-1' },
      { ...sibling.edit, decided: { conflictId: 'c', strategy: 'use_client' } },
    ]
    for (const edit of edits) {
      const unit = {
        vector: new Map([[edit.actor, edit.counter]]),
        registers: new Map([['name', [{ ...sibling, edit }]]]),
      }
      const forged = await border.incoming({ ...sealed, units: new Map([['open', unit]]) })
      expect(forged).toMatchObject({ ok: false, error: { reason: expect.stringContaining('name') } })
    }
  })

  it('[SEA4] any changed character of the sealed text is noticed', async () => {
    const sealed = await border.outgoing(newRecord('guests', { name: 'Ada' }))
    const data = readSealed(sealed.units.get('open')?.registers.get('name')?.[0]?.value)?.data ?? ''
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: data.length - 2 }), async (position) => {
        const char = data[position] === 'A' ? 'B' : 'A'
        const damaged = data.slice(0, position) + char + data.slice(position + 1)
        expect(await border.incoming(altered(sealed, (text) => text.replace(data, damaged)))).toMatchObject({
          ok: false,
        })
      }),
      { numRuns: 50 },
    )
  })

  it('[SEA4] another team, or a device without the key, opens nothing and says so', async () => {
    const sealed = await border.outgoing(guest)
    expect(await teamBorder(2).incoming(sealed)).toMatchObject({ ok: false })
    const viewer = borderOf([{ scope: guest.scope, keyId: '0', readClass: 'money', secret: secretOf(3) }])
    expect(await viewer.incoming(sealed)).toMatchObject({
      ok: false,
      error: { reason: 'this device has no key for guests of class diet' },
    })
  })

  it('[SEA5] only what the table of open fields names is open', async () => {
    for (const [table, fields] of Object.entries(OPEN_FIELDS)) {
      for (const field of fields) expect(Object.keys(TABLES.get(table)?.fields ?? {})).toContain(field)
    }
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        for (const record of play(history).replicas) {
          for (const { register, value } of liveValues(await border.outgoing(record))) {
            const { field } = parseRegister(register)
            expect(readSealed(value) === undefined).toBe(isOpenField(record.table, field))
          }
        }
      }),
      { numRuns: 30 },
    )
    const wedding = await border.outgoing(newRecord('weddings', { name: 'Ada & Grace', date: '2027-06-12' }))
    expect(viewRecord(wedding).data).toMatchObject({ date: '2027-06-12', name: { $sealed: { keyId: '0' } } })
  })

  it('[SEA5] an open value where a sealed one belongs is refused, whoever sends it', async () => {
    const sealed = await border.outgoing(guest)
    const value = JSON.stringify(sealed.units.get('open')?.registers.get('name')?.[0]?.value)
    const forged = altered(sealed, (text) => text.replace(value, '"Mallory"'))
    expect(await border.incoming(forged)).toMatchObject({ ok: false, error: { reason: 'name is not sealed' } })
  })

  it('[SEA6] neither values nor members show outside, and one person in two records has two names there', async () => {
    const text = JSON.stringify(encodeRecord(await border.outgoing(guest)))
    for (const known of ['Ada', 'nuts', 'a/b', '912', 'Grace']) expect(text).not.toContain(known)
    const other = { ...guest, id: '00000000-0000-4000-8000-000000000055' }
    const membersOf = (record: CausalRecord) =>
      [...(border.outline(record).units.get('diet')?.registers.keys() ?? [])].filter((name) => name.includes('/'))
    expect(membersOf(guest)).toHaveLength(2)
    expect(membersOf(guest).filter((name) => membersOf(other).includes(name))).toEqual([])
  })

  it('[SEA6] a tag outside is none that can be made from a guess of the value', async () => {
    const sealed = await border.outgoing(guest)
    const tagsOf = (record: CausalRecord) => new Set([...liveValues(record)].map(({ edit }) => edit.tag))
    expect(tagsOf(sealed).size).toBe(tagsOf(guest).size)
    expect([...tagsOf(sealed)].filter((tag) => tagsOf(guest).has(tag))).toEqual([])
  })

  it('[SEA10] a part of a record comes out as it does in the whole', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat({ max: 3 }), async (history, n) => {
        for (const record of play(history).replicas) {
          const units = new Map(
            [...record.units].map(([readClass, { vector, registers }]) => [
              readClass,
              { vector, registers: new Map([...registers].filter((_, i) => i % 4 === n)) },
            ]),
          )
          const [part, whole] = [await border.outgoing({ ...record, units }), await border.outgoing(record)]
          for (const [readClass, { registers }] of part.units) {
            const names = [...(units.get(readClass)?.registers.keys() ?? [])]
            expect([...registers.keys()].map((name) => parseRegister(name).field)).toEqual(
              names.map((name) => parseRegister(name).field),
            )
            for (const [name, siblings] of registers) {
              expect(siblings).toEqual(whole.units.get(readClass)?.registers.get(name))
            }
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('[SEA1] concurrent edits inside stay siblings outside, and open in their order', async () => {
    const [ana, ben] = apart(guest, write({ phone: '1' }), write({ phone: '2' }))
    const merged = join(ana, ben)
    const outside = join(await border.outgoing(ana), await border.outgoing(ben))
    expect(viewRecord(await opened(border, outside)).siblings).toEqual(viewRecord(merged).siblings)
  })
})

describe('a sealed record', () => {
  it('shows its sealed values: one for a field, those of all updates of a text, one for each member of a set', async () => {
    const sealed = await border.outgoing(guest)
    const { data, siblings, deleted } = viewRecord(sealed)
    const value = { $sealed: { keyId: '0', data: expect.stringMatching(/^[\w-]+$/) } }
    expect(data).toEqual({ name: value, phone: value, notes: value, tableNumber: value, allergies: [value, value] })
    expect([siblings, deleted]).toEqual([{}, false])
    const [ana, ben] = apart(guest, write({ notes: 'one' }), write({ notes: 'two' }))
    const both = join(await border.outgoing(ana), await border.outgoing(ben))
    expect(viewRecord(both).siblings.notes).toHaveLength(2)
    expect(isDeleted(await border.outgoing(deleteRecord(guest, at(30, 'ana'))))).toBe(true)
  })
})
