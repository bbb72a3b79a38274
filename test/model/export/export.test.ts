/** What other programs get of a wedding. Where we read the form ourselves, the import is the judge. */
import { describe, expect, it } from 'vitest'
import { type Export, type ExportFormat, exportRecords } from '../../../model/export/index.ts'
import { readImport } from '../../../model/import/index.ts'
import type { RecordRow } from '../../../model/rest/records.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const weddingId = crypto.randomUUID()
const WEDDING = { id: weddingId, name: 'Ana, Luís & co', at: '2027-06-01T08:00:00.000Z' }
const TARGET = { weddingId: crypto.randomUUID(), date: '2027-06-12', timezone: 'Europe/Lisbon' }
const UPDATED = '2027-05-01T08:00:00.000Z'

function row(table: string, data: Readonly<Record<string, unknown>>): RecordRow {
  return { table, id: crypto.randomUUID(), data: { ...data }, version: 1, updatedAt: UPDATED, updatedBy: null }
}

function textOf(format: ExportFormat, records: readonly RecordRow[], name?: string): string {
  const { files } = exportRecords(format, records, WEDDING)
  const file = name === undefined ? files[0] : files.find((each) => each.name === name)
  return file?.text ?? ''
}

function leftOf({ left }: Export): readonly string[] {
  return left.map(({ id, reason }) => `${id}: ${reason}`)
}

const HOSTILE = 'Line one\nline "two", with; marks \\ and ünïcödé 👰🏽‍♀️ '.trim()

describe('JSON', () => {
  it('holds all records as they are', () => {
    const records = [
      row('guests', { name: 'Ida', wedding_id: weddingId }),
      row('a_table_of_later', { x: [1, { y: 2 }] }),
    ]
    const out = exportRecords('json', records, WEDDING)
    expect(JSON.parse(out.files[0]?.text ?? '')).toEqual({ wedding: WEDDING, records })
    expect(out).toMatchObject({ records: 2, left: [] })
  })
})

describe('CSV', () => {
  it('is a file for each table, which the import reads as it was', () => {
    const guests = [
      { name: 'Ida Berg', rsvpStatus: 'attending', tableNumber: '4', phone: '+351 912 555 001', dietary: HOSTILE },
      { name: 'Ben', rsvpStatus: 'declined', email: 'ben@example.org', tags: ['family', 'choir'] },
    ]
    const records = [...guests.map((data) => row('guests', data)), row('tasks', { title: 'Flowers' })]
    expect(exportRecords('csv', records, WEDDING).files.map(({ name }) => name)).toEqual(['guests.csv', 'tasks.csv'])
    const text = textOf('csv', records, 'guests.csv')
    const { items, refused } = mustBeOk(readImport({ name: 'guests.csv', text }, TARGET))
    expect(refused).toEqual([])
    expect(items.map(({ data }) => data)).toMatchObject([
      { name: 'Ida Berg', rsvpStatus: 'attending', phone: '+351 912 555 001' },
      { name: 'Ben', rsvpStatus: 'declined', email: 'ben@example.org' },
    ])
    expect(text).toContain(`"${HOSTILE.replaceAll('"', '""')}"`)
  })

  it('gives a spreadsheet nothing to run', () => {
    const names = ['=1+1', '+cmd|x', '-2+3', '@SUM(A1)', '\t=1', '-12.50', '+351 912', 'plain']
    const cells = textOf(
      'csv',
      names.map((name) => row('guests', { name })),
    )
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[1])
    expect(cells).toEqual(["'=1+1", "'+cmd|x", "'-2+3", "'@SUM(A1)", "'\t=1", '-12.50', '+351 912', 'plain'])
  })

  it('has unknown fields behind the known ones, and blanks for what a record has not', () => {
    const records = [row('guests', { name: 'Ida', later: { a: 1 } }), row('guests', { name: 'Ben', side: 'bride' })]
    const [head, first, second] = textOf('csv', records).replace('\uFEFF', '').split('\r\n')
    expect(head).toBe('id,name,side,later')
    expect(first).toBe(`${records[0]?.id},Ida,,"{""a"":1}"`)
    expect(second).toBe(`${records[1]?.id},Ben,bride,`)
  })
})

describe('a calendar', () => {
  const ceremony = {
    title: `Ceremony, ${HOSTILE}`,
    startTime: '2027-06-12T14:00:00.000Z',
    endTime: '2027-06-12T14:45:00.000Z',
    location: 'Chapel; north door',
    status: 'confirmed',
    people: ['Ana', 'Luís'],
    notes: HOSTILE,
    internalNotes: 'the band is late',
  }

  it('has an event for each item with a time, which the import reads as it was', () => {
    const records = [
      row('timeline_items', ceremony),
      row('timeline_items', { title: 'Toast', startTime: '2027-06-12T18:00:00.000Z', durationMin: 15 }),
      row('guests', { name: 'Ida' }),
    ]
    const out = exportRecords('ics', records, WEDDING)
    expect(out).toMatchObject({ records: 2, left: [] })
    const { items } = mustBeOk(readImport({ name: 'timeline.ics', text: textOf('ics', records) }, TARGET))
    const { title, startTime, endTime, location, status } = ceremony
    const [first, second] = items.map(({ data }) => data)
    expect(first).toMatchObject({ title, location, status })
    expect([first?.startTime, first?.endTime].map((at) => Date.parse(String(at)))).toEqual(
      [startTime, endTime].map((at) => Date.parse(at)),
    )
    expect(String(first?.notes)).toContain(HOSTILE)
    expect(second).toMatchObject({ title: 'Toast', durationMin: 15 })
  })

  it('keeps what is internal out, and says what has no place in it', () => {
    const item = row('timeline_items', { title: 'Some time' })
    const out = exportRecords('ics', [row('timeline_items', ceremony), item], WEDDING)
    expect(out.files[0]?.text).not.toContain('the band is late')
    expect(leftOf(out)).toEqual([`${item.id}: it has no start time`])
    expect(out.records).toBe(1)
  })

  it('has lines of at most 75 bytes, and never ends one within a character', () => {
    const long = '👰🏽‍♀️'.repeat(60)
    const lines = textOf('ics', [row('timeline_items', { ...ceremony, title: long })]).split('\r\n')
    for (const line of lines) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
    const unfolded = lines.join('\r\n').replaceAll('\r\n ', '')
    expect(unfolded).toContain(`SUMMARY:${long}\r\n`)
  })
})

describe('address cards', () => {
  it('are of everybody who can be reached, with the company of a contact', () => {
    const vendor = row('vendors', { name: 'Sound & Light', company: 'Sound & Light; Lda' })
    const nobody = row('guests', { name: 'Nobody' })
    const records = [
      vendor,
      row('vendor_contacts', { name: 'Rui', vendorId: vendor.id, role: 'DJ', phone: '+351 1' }),
      row('guests', { name: 'Ida Berg', firstName: 'Ida', lastName: 'Berg', email: 'ida@example.org' }),
      nobody,
    ]
    const out = exportRecords('vcf', records, WEDDING)
    const cards = (out.files[0]?.text ?? '').split('END:VCARD\r\n').filter((card) => card !== '')
    expect(cards).toHaveLength(2)
    const [rui, ida] = cards.map((card) => card.split('\r\n'))
    expect(rui).toEqual(
      expect.arrayContaining([
        'VERSION:3.0',
        'FN:Rui',
        'N:;Rui;;;',
        'ORG:Sound & Light\\; Lda',
        'TEL;TYPE=CELL:+351 1',
      ]),
    )
    expect(ida).toEqual(expect.arrayContaining(['FN:Ida Berg', 'N:Berg;Ida;;;', 'EMAIL:ida@example.org']))
    expect(leftOf(out)).toEqual([`${nobody.id}: it has no phone, e-mail or address`])
  })

  it('cannot be added to by a value', () => {
    const name = 'Ida\r\nTEL:+49 900\r\nEND:VCARD'
    const text = textOf('vcf', [row('guests', { name, email: 'x@example.org' })])
    expect(text.match(/^END:VCARD/gm)).toHaveLength(1)
    expect(text).not.toMatch(/^TEL/m)
  })
})
