/** Files that other people wrote. Each number was counted in the file itself, not taken from the importer. */
import { describe, expect, it } from 'vitest'
import { item, read, real, realText, refusalOf, titles } from './read.ts'

const FAR = "Nothing in this file is on the wedding's date"
const fields = (reading: { items: readonly { data: Readonly<Record<string, unknown>> }[] }, name: string) =>
  reading.items.map(({ data }) => data[name])

describe('festival-running-order-node-ical.ics', () => {
  const festival = real('festival-running-order-node-ical.ics', { timezone: 'Europe/Helsinki', date: '2011-08-04' })

  it('holds 128 events, all imported, one of which repeats', () => {
    expect([festival.kind, festival.table, festival.rows, festival.items.length]).toEqual([
      'ics',
      'timeline_items',
      128,
      128,
    ])
    expect(festival.refused).toEqual([])
    expect(festival.warned).toEqual([{ line: 29, reason: expect.stringContaining('The event repeats (FREQ=WEEKLY') }])
  })

  it('has 22 events of no length and 15 that end on a later date', () => {
    expect(festival.items.filter(({ data }) => data.durationMin === 0)).toHaveLength(22)
    const day = (iso: unknown) =>
      new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Helsinki' }).format(new Date(String(iso)))
    expect(festival.items.filter(({ data }) => day(data.endTime) > day(data.startTime))).toHaveLength(15)
  })

  it('takes the time of "VALUE=DATE" as the venue’s, and unfolds lines', () => {
    expect(item(festival, 0)).toMatchObject({ title: 'foobar Summer 2011 starts!', startTime: '2011-08-04T09:00:00Z' })
    const basketball = festival.items.find(({ data }) => data.title === 'Street basketball')
    expect(basketball?.data.notes).toBe(
      'URL: http://www.foobar.org/summer11/compos/sports-competitions/team/#streetbasketball',
    )
    expect(fields(festival, 'title')).toContain('Oldskool demo, individual and 4k intro compo deadline')
  })

  it('meets the same ids on a second import', () => {
    const again = real('festival-running-order-node-ical.ics', { timezone: 'Europe/Helsinki', date: '2011-08-04' })
    expect(again.items.map(({ id }) => id)).toEqual(festival.items.map(({ id }) => id))
  })
})

describe('mixed-timezones-node-ical.ics', () => {
  it('reads one date written five ways', () => {
    const mixed = real('mixed-timezones-node-ical.ics', { timezone: 'US/Pacific', date: '2002-10-28' })
    expect([mixed.rows, mixed.items.length, mixed.refused.length]).toEqual([5, 5, 0])
    expect(fields(mixed, 'startTime')).toEqual([
      '2002-10-28T09:20:30Z',
      '2002-10-28T01:20:30Z',
      '2002-10-28T06:20:30Z',
      '2002-10-28T08:00:00Z',
      '2002-10-28T08:00:00Z',
    ])
    expect(fields(mixed, 'durationMin')).toEqual([1440, 1440, 1440, 1440, 1440])
    expect(mixed.warned.map(({ line }) => line)).toEqual([29, 36])
  })
})

describe('outlook-quoted-tzid-node-ical.ics', () => {
  it('knows the zones by the names that Outlook shows, summer time included', () => {
    const outlook = real('outlook-quoted-tzid-node-ical.ics')
    expect([outlook.rows, outlook.items.length, outlook.refused.length]).toEqual([4, 4, 0])
    expect(titles(outlook)).toEqual(['TEST Syd', 'TEST', 'TEST 3', 'TEST2'])
    expect(fields(outlook, 'startTime')).toEqual([
      '2020-10-28T02:30:00Z',
      '2020-10-28T17:30:00Z',
      '2020-11-02T18:30:00Z',
      '2020-11-02T18:30:00Z',
    ])
    expect(outlook.warned).toEqual([
      { line: 1, reason: expect.stringContaining(FAR) },
      { line: 63, reason: expect.stringContaining('The event repeats') },
    ])
  })
})

describe('status-apple-calendar-node-ical.ics', () => {
  it('brings cancelled events in as cancelled and tentative ones marked', () => {
    const apple = real('status-apple-calendar-node-ical.ics', { timezone: 'America/Vancouver', date: '2022-07-05' })
    expect([apple.rows, apple.items.length, apple.warned.length, apple.refused.length]).toEqual([4, 4, 0, 0])
    expect(fields(apple, 'status')).toEqual(['pending', 'confirmed', 'cancelled', undefined])
    expect(fields(apple, 'tags')).toEqual([['tentative'], undefined, undefined, undefined])
    expect(item(apple, 1).startTime).toBe('2022-07-05T16:00:00Z')
  })
})

describe('bookings-five-weddings-allwave.csv', () => {
  const bookings = real('bookings-five-weddings-allwave.csv', { timezone: 'America/Los_Angeles', date: '2025-06-21' })

  it('imports the two rows that fit the header, and refuses the three that have slid', () => {
    expect([bookings.rows, bookings.items.length]).toEqual([5, 4])
    expect(bookings.refused.map(({ line }) => line)).toEqual([3, 4, 6])
    expect(bookings.refused.map(({ reason }) => reason.slice(0, 40))).toEqual([
      'The row has 47 cells under 45 headers, s',
      'The row has 47 cells under 45 headers, s',
      'The row has 46 cells under 45 headers, s',
    ])
    expect(bookings.warned).toEqual([])
  })

  it('makes a ceremony and a reception of each, and keeps private matters inside', () => {
    expect(titles(bookings)).toEqual(['Ceremony', 'Reception', 'Ceremony', 'Reception'])
    expect(item(bookings, 1)).toMatchObject({
      location: 'Ritz-Carlton Laguna Niguel',
      startTime: '2025-06-22T01:30:00Z',
      endTime: '2025-06-22T07:00:00Z',
    })
    expect(item(bookings, 2)).toMatchObject({ location: 'Descanso Gardens', startTime: '2025-09-06T23:30:00Z' })
    expect(item(bookings, 0).internalNotes).toContain('Dietary_Restrictions: Kosher meal required for vendor')
    expect(item(bookings, 0).notes).not.toContain('@example.com')
    expect(item(bookings, 0).notes).toContain('Guest_Count: 200')
  })
})

describe('events-three-day-plan-your-wedding.csv', () => {
  it('reads four events on three days, one of which ends at midnight', () => {
    const events = real('events-three-day-plan-your-wedding.csv', { timezone: 'Asia/Kolkata', date: '2027-02-14' })
    expect([events.rows, events.items.length, events.warned.length, events.refused.length]).toEqual([4, 4, 0, 0])
    expect(fields(events, 'startTime')).toEqual([
      '2027-02-12T12:30:00Z',
      '2027-02-13T03:30:00Z',
      '2027-02-13T12:30:00Z',
      '2027-02-14T01:30:00Z',
    ])
    expect(fields(events, 'durationMin')).toEqual([300, 240, 360, 540])
    expect(item(events, 2)).toMatchObject({ title: 'Engagement & Sangeet', location: 'Grand Lotus Hotel' })
    expect(item(events, 3).notes).toContain('dress_code: Traditional - Red/Maroon for bride, Sherwani for groom')
  })
})

describe('rituals-durations-only-plan-your-wedding.csv', () => {
  const file = 'rituals-durations-only-plan-your-wedding.csv'

  it('keeps seven rituals in order with their lengths, and asks once for the start', () => {
    const rituals = real(file)
    expect([rituals.rows, rituals.items.length, rituals.warned.length, rituals.refused.length]).toEqual([7, 7, 1, 0])
    expect(fields(rituals, 'durationMin')).toEqual([30, 60, 15, 20, 45, 10, 30])
    expect(fields(rituals, 'startTime')).toEqual(Array.from({ length: 7 }, () => undefined))
    expect(item(rituals, 3).people).toEqual(['Bride', "Bride's parents", 'Groom', 'Pandit Ji'])
  })

  it('chains them from 09:00 to 12:30', () => {
    const rituals = real(file, { anchor: '09:00', timezone: 'UTC' })
    const clocks = fields(rituals, 'startTime').map((iso) => String(iso).slice(11, 16))
    expect(clocks).toEqual(['09:00', '09:30', '10:30', '10:45', '11:05', '11:50', '12:00'])
    expect(item(rituals, 6).endTime).toBe('2027-06-12T12:30:00Z')
    expect(rituals.warned).toEqual([])
  })
})

describe('guests-volume-plan-your-wedding.csv', () => {
  it('holds 225 guests with sides, groups and meals', () => {
    const guests = real('guests-volume-plan-your-wedding.csv')
    expect([guests.table, guests.rows, guests.items.length]).toEqual(['guests', 225, 225])
    expect([guests.warned.length, guests.refused.length]).toEqual([0, 0])
    const count = (field: string, value: string) => fields(guests, field).filter((member) => member === value).length
    expect(['groom', 'bride', 'mutual'].map((side) => count('side', side))).toEqual([106, 104, 15])
    const meals = ['vegetarian', 'non_vegetarian', 'jain', 'vegan']
    expect(meals.map((meal) => count('meal', meal))).toEqual([188, 25, 10, 2])
    expect(count('party', "Bride's Family - Extended")).toBe(50)
    expect(fields(guests, 'allergies').every((allergies) => allergies === undefined)).toBe(true)
  })
})

describe('guests-dietary-wedding-table-match.csv', () => {
  it('holds 20 guests, of whom seven have stated a diet', () => {
    const guests = real('guests-dietary-wedding-table-match.csv')
    expect([guests.rows, guests.items.length, guests.warned.length, guests.refused.length]).toEqual([20, 20, 0, 0])
    const stated = fields(guests, 'dietary').filter((diet) => diet !== undefined)
    expect(stated).toEqual([
      'vegetarian',
      'gluten-free',
      'vegan',
      'lactose-intolerant',
      'kosher',
      'vegetarian',
      'halal',
    ])
    expect(item(guests, 7)).toMatchObject({ name: 'Henry Taylor', allergies: ['lactose-intolerant'] })
    expect(item(guests, 19)).toMatchObject({ name: 'Tina King', dietary: 'halal', notes: 'id: 20\nage: 29' })
  })
})

describe('files that are neither timeline nor guest list', () => {
  it.each([
    ['tables-wedding-table-match.csv', 'list of tables with their capacity'],
    ['seating-report-wedding-table-match.txt', 'No row names the columns'],
    ['contact-evolution-ez-vcard.vcf', 'address card (vCard)'],
    ['README.md', 'No row names the columns'],
  ])('%s is refused in one sentence', (name, reason) => {
    expect(refusalOf(realText(name), {}, name)).toEqual({
      kind: 'nothing-to-import',
      file: name,
      reason: expect.stringContaining(reason),
    })
  })

  it.each([
    ['tables-wedding-table-match.csv', 'guests'],
    ['seating-report-wedding-table-match.txt', 'guests'],
    ['seating-report-wedding-table-match.txt', 'timeline_items'],
  ] as const)('%s is refused even when the user chose %s', (name, table) => {
    expect(refusalOf(realText(name), { table }, name).kind).toBe('nothing-to-import')
  })
})

describe('line ends', () => {
  it('change nothing, whichever they are', () => {
    const name = 'events-three-day-plan-your-wedding.csv'
    const lines = realText(name).split(/\r?\n/)
    expect(read(lines.join('\n'), {}, name).items).toEqual(read(lines.join('\r\n'), {}, name).items)
  })
})
