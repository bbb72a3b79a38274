import { describe, expect, it } from 'vitest'
import { overlaps } from '../../../model/timeline/overlaps.ts'
import { clock, item } from './dayHelpers.ts'

const barn = { location: 'Long barn' }

function pairs(...items: Parameters<typeof overlaps>[0]): readonly string[] {
  return overlaps(items).map(({ first, second }) => `${first.title} + ${second.title}`)
}

describe('two items overlap', () => {
  it('1. in the same place at the same time, with the time that they share', () => {
    const [overlap] = overlaps([
      item('Dinner', '18:00–20:00', barn),
      item('Sound check', '19:30–20:30', { location: ' long  Barn' }),
    ])
    expect(overlap).toMatchObject({ place: 'Long barn', people: [], vendors: [] })
    expect([clock(overlap?.startMs), clock(overlap?.endMs)]).toEqual(['19:30', '20:00'])
  })

  it('2. with the same person or vendor in two places', () => {
    const photos = item('Photos', '15:00–15:30', { people: ['Inês', 'Tom'], assignedVendors: ['Halden & Rye'] })
    const details = item('Details', '15:10–15:20', { people: ['Tom'], assignedVendors: ['Halden & Rye', 'Fern'] })
    expect(overlaps([photos, details])[0]).toMatchObject({ people: ['Tom'], vendors: ['Halden & Rye'] })
    expect(overlaps([photos, details])[0]).not.toHaveProperty('place')
  })

  it('3. each with each other', () => {
    const all = ['A', 'B', 'C'].map((title) => item(title, '10:00–11:00', barn))
    expect(pairs(...all)).toEqual(['A + B', 'A + C', 'B + C'])
  })

  it('4. although a shorter one lies between them', () => {
    const long = item('Long', '10:00–12:00', barn)
    expect(pairs(long, item('Short', '10:10–10:20'), item('Late', '11:00–11:30', barn))).toEqual(['Long + Late'])
  })
})

describe('two items do not overlap', () => {
  const dinner = item('Dinner', '18:00–20:00', barn)

  it.each([
    ['5. when they only touch', item('Dance', '20:00–21:00', barn)],
    ['6. when one has no length, like sunset and curfew', item('Curfew', '19:00', barn)],
    ['7. when one ends as it begins', item('Toast', '19:00–19:00', barn)],
    ['8. when one is cancelled', item('Doves', '19:00–19:30', { ...barn, status: 'cancelled' })],
    ['9. when one is done', item('Set-up', '17:00–18:30', { ...barn, done: true })],
    ['10. when one is slack', item('Slack', '19:00–19:30', { ...barn, buffer: true })],
    ['11. when one has no time', item('Someday', '', barn)],
    ['12. when they share nothing', item('Portraits', '19:00–19:30', { location: 'Meadow' })],
    ['13. when neither says where', item('Portraits', '19:00–19:30', { location: '' })],
    ['14. when two people wrote an end before the start', item('Odd', '19:00–18:30', barn)],
  ])('%s', (_, other) => {
    expect(overlaps([dinner, other])).toEqual([])
    expect(overlaps([other, dinner])).toEqual([])
  })
})
