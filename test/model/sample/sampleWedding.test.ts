import { v5 as uuidv5 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { sampleWedding } from '../../../model/sample/sampleWedding.ts'
import { tableNamed } from '../../../model/tables/index.ts'

const options = {
  weddingId: '0190c0de-0000-7000-8000-000000000001',
  date: '2027-06-12',
  timezone: 'Europe/Lisbon',
  newId: (name: string) => uuidv5(name, uuidv5.URL),
}
const sample = sampleWedding(options)
const of = (table: string) => sample.filter((record) => record.table === table).map(({ data }) => data)

describe('the sample wedding', () => {
  it.each([
    ['weddings', 1],
    ['timeline_items', 40],
    ['photo_groups', 25],
    ['vendors', 8],
    ['vendor_contacts', 8],
    ['guests', 20],
    ['tasks', 5],
    ['client_notes', 2],
  ])('has enough %s', (table, atLeast) => {
    expect(of(table).length).toBeGreaterThanOrEqual(atLeast)
  })

  it('has only fields that its tables know, with values they take', () => {
    for (const { table: name, data } of sample) {
      const table = tableNamed(name)
      for (const field of table.required) expect(data[field], `${name}.${field}`).toBeDefined()
      for (const [field, value] of Object.entries(data)) {
        const problem = table.fields[field]?.schema.safeParse(value)
        expect(problem?.success, `${name}.${field}: ${JSON.stringify(value)}`).toBe(true)
      }
    }
  })

  it('gives each record an id of its own, the same each time', () => {
    expect(new Set(sample.map(({ id }) => id)).size).toBe(sample.length)
    expect(sampleWedding(options)).toEqual(sample)
  })

  it('runs from early morning past midnight, in order, and ends follow starts', () => {
    const items = of('timeline_items')
    const starts = items.map(({ startTime }) => String(startTime))
    expect(starts).toEqual(starts.toSorted())
    expect(starts[0]).toBe('2027-06-12T06:30:00Z')
    expect(starts.at(-1)).toBe('2027-06-13T00:30:00Z')
    for (const { title, startTime, endTime, tags } of items) {
      const length = Date.parse(String(endTime)) - Date.parse(String(startTime))
      expect(tags === undefined ? length > 0 : length === 0, String(title)).toBe(true)
    }
    const ranks = items.map(({ rank }) => String(rank))
    expect(ranks).toEqual(ranks.toSorted())
  })

  it('has buffers to eat, and points that cannot move', () => {
    const items = of('timeline_items')
    expect(items.filter(({ buffer }) => buffer === true).length).toBeGreaterThanOrEqual(3)
    const fixed = items.filter((item) => item.fixed === true).map(({ title }) => title)
    expect(fixed).toEqual(expect.arrayContaining(['Ceremony', 'Sunset', 'Curfew: music off', 'Last coach to hotel']))
  })

  it('names only vendors that exist, and gives each a contact', () => {
    const names = new Set(of('vendors').map(({ name }) => name))
    const named = of('timeline_items').flatMap(({ assignedVendors }) =>
      Array.isArray(assignedVendors) ? assignedVendors : [],
    )
    expect(named.filter((name) => !names.has(name))).toEqual([])
    const vendorIds = sample.filter(({ table }) => table === 'vendors').map(({ id }) => id)
    expect(of('vendor_contacts').map(({ vendorId }) => vendorId)).toEqual(vendorIds)
  })

  it('fits the family photos into the time that the day gives them', () => {
    const minutes = of('photo_groups').reduce((sum, group) => sum + Number(group.minutes), 0)
    expect(minutes).toBeLessThanOrEqual(75)
    expect(of('photo_groups').every(({ people }) => Array.isArray(people) && people.length > 0)).toBe(true)
  })

  it('says of some guests that they have no allergy, of others what it is, and leaves others unasked', () => {
    const allergies = of('guests').map((guest) => guest.allergies)
    expect(allergies).toContainEqual([])
    expect(allergies).toContainEqual(['peanuts', 'tree nuts'])
    expect(allergies).toContain(undefined)
  })

  it('follows the date and the zone it is given', () => {
    const [, first] = sampleWedding({ ...options, date: '2027-12-04', timezone: 'America/New_York' })
    expect(first?.data.startTime).toBe('2027-12-04T12:30:00Z')
  })
})
