import { describe, expect, it } from 'vitest'
import { contentLine, textList, unescapeText, unfold } from '../../../model/import/icsLines.ts'
import { zoneNamed } from '../../../model/import/zones.ts'
import { item, read, refusalOf } from './read.ts'

const calendar = (...lines: readonly string[]) =>
  read(['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR'].join('\n'), {}, 'day.ics')
const event = (...lines: readonly string[]) => item(calendar(...lines), 0)
const START = 'DTSTART:20270612T143000'

describe('content lines', () => {
  it('are unfolded at a space or a tab, with any line end', () => {
    expect(unfold('SUMMARY:Cere\r\n mony\nLOCATION:Or\n\tchard').map(({ text }) => text)).toEqual([
      'SUMMARY:Ceremony',
      'LOCATION:Orchard',
    ])
  })

  it('are split at the first colon outside quotes', () => {
    const line = contentLine({ line: 1, text: 'DTSTART;TZID="(UTC-05:00) Eastern; Time":20201028T133000' })
    expect(line).toMatchObject({ name: 'DTSTART', value: '20201028T133000' })
    expect(line?.params.get('TZID')).toBe('(UTC-05:00) Eastern; Time')
  })

  it('keep colons of the value, and drop a group', () => {
    expect(contentLine({ line: 1, text: 'item1.URL:http://example.com' })).toMatchObject({
      name: 'URL',
      value: 'http://example.com',
    })
  })

  it('are not found where there is no colon', () => {
    expect(contentLine({ line: 1, text: 'lost words' })).toBeUndefined()
  })

  it('unescape , ; \\ and line ends', () => {
    expect(unescapeText('Coach 1 to hotel\\; Coach 2\\, waits\\nat C:\\\\gate')).toBe(
      'Coach 1 to hotel; Coach 2, waits\nat C:\\gate',
    )
    expect(textList('a\\,b,c')).toEqual(['a,b', 'c'])
  })
})

describe('zone names', () => {
  it.each([
    ['Europe/Lisbon', 'Europe/Lisbon'],
    ['Eastern Standard Time', 'America/New_York'],
    ['"(UTC-05:00) Eastern Time (US & Canada)"', 'America/New_York'],
    ['(GMT+10:00) Canberra, Melbourne, Sydney', 'Australia/Sydney'],
    ['(UTC) Dublin, Edinburgh, Lisbon, London', 'Europe/London'],
    ['/mozilla.org/20050126_1/Europe/Berlin', 'Europe/Berlin'],
    ['US/Pacific', 'US/Pacific'],
  ])('reads %s as %s', (name, zone) => {
    expect(zoneNamed(name)).toEqual({ zone })
  })

  it('falls back to the offset of a place it does not know, and warns', () => {
    expect(zoneNamed('(UTC+05:30) Atlantis')).toEqual({
      zone: 'UTC+5:30',
      warning: expect.stringContaining('without summer time'),
    })
    const fallback = event('DTSTART;TZID="(UTC+05:30) Atlantis":20270612T143000', 'SUMMARY:Tide')
    expect(fallback.startTime).toBe('2027-06-12T09:00:00Z')
  })

  it('knows nothing of a name without offset, and the venue is taken with a warning', () => {
    expect(zoneNamed('Customized Time Zone').zone).toBeUndefined()
    const reading = calendar('DTSTART;TZID=Customized Time Zone:20270612T143000', 'SUMMARY:Tide')
    expect(item(reading, 0).startTime).toBe('2027-06-12T13:30:00Z')
    expect(reading.warned[0]?.reason).toContain("the venue's was taken (Europe/Lisbon)")
  })
})

describe('an event', () => {
  it('reads the example of the format notes', () => {
    const example = event(
      'DTSTART;TZID=Europe/Lisbon:20270612T233000',
      'DTEND;TZID=Europe/Lisbon:20270613T003000',
      'SUMMARY:Coach 1 to hotel\\; Coach 2 waits',
    )
    expect(example).toMatchObject({
      title: 'Coach 1 to hotel; Coach 2 waits',
      startTime: '2027-06-12T22:30:00Z',
      endTime: '2027-06-12T23:30:00Z',
      durationMin: 60,
      originalTime: '20270612T233000 Europe/Lisbon – 20270613T003000 Europe/Lisbon',
    })
  })

  it.each([
    ['a floating time, at the venue', 'DTSTART:20270612T143000', '2027-06-12T13:30:00Z'],
    ['a UTC time', 'DTSTART:20270612T143000Z', '2027-06-12T14:30:00Z'],
    ['a zoned time', 'DTSTART;TZID=America/Vancouver:20270612T143000', '2027-06-12T21:30:00Z'],
    ['a "date" that has a time', 'DTSTART;VALUE=DATE:20270612T143000', '2027-06-12T13:30:00Z'],
    ['a date', 'DTSTART;VALUE=DATE:20270612', '2027-06-11T23:00:00Z'],
    ['a date that does not say so', 'DTSTART:20270612', '2027-06-11T23:00:00Z'],
  ])('takes %s', (_name, start, iso) => {
    expect(event(start, 'SUMMARY:Ceremony').startTime).toBe(iso)
  })

  it('of a whole day is marked, lasts to midnight, and warns', () => {
    const reading = calendar('DTSTART;VALUE=DATE:20270612', 'SUMMARY:Wedding')
    expect(item(reading, 0)).toMatchObject({ tags: ['all-day'], endTime: '2027-06-12T23:00:00Z', durationMin: 1440 })
    expect(reading.warned[0]?.reason).toContain('no time of day')
  })

  it('of no length keeps its moment', () => {
    expect(event(START, 'DTEND:20270612T143000', 'SUMMARY:Doors')).toMatchObject({
      endTime: '2027-06-12T13:30:00Z',
      durationMin: 0,
    })
  })

  it('takes a duration for its end, and none if neither is given', () => {
    expect(event(START, 'DURATION:PT1H30M', 'SUMMARY:Dinner').endTime).toBe('2027-06-12T15:00:00Z')
    expect(event(START, 'SUMMARY:Dinner').endTime).toBeUndefined()
  })

  it('loses an end before its start, with a warning', () => {
    const reading = calendar(START, 'DTEND:20270612T120000', 'SUMMARY:Dinner')
    expect(item(reading, 0).endTime).toBeUndefined()
    expect(reading.warned[0]?.reason).toContain('before the start')
  })

  it('maps statuses', () => {
    expect(event(START, 'SUMMARY:A', 'STATUS:CANCELLED').status).toBe('cancelled')
    expect(event(START, 'SUMMARY:A', 'STATUS:CONFIRMED').status).toBe('confirmed')
    expect(event(START, 'SUMMARY:A', 'STATUS:TENTATIVE')).toMatchObject({ status: 'pending', tags: ['tentative'] })
  })

  it('that repeats comes in once, with a warning and its rule', () => {
    const reading = calendar(START, 'SUMMARY:Class', 'RRULE:FREQ=WEEKLY;BYDAY=TH')
    expect(reading.items).toHaveLength(1)
    expect(item(reading, 0).notes).toBe('RRULE: FREQ=WEEKLY;BYDAY=TH')
    expect(reading.warned[0]?.reason).toContain('The event repeats (FREQ=WEEKLY;BYDAY=TH)')
  })

  it('takes place, notes, categories, address and people, but keeps mail addresses inside', () => {
    const full = event(
      START,
      'SUMMARY:Toast',
      'LOCATION:Fern Hall\\, terrace',
      'DESCRIPTION:bring\\nglasses',
      'CATEGORIES:speeches,evening',
      'URL:https://example.com/toast',
      'ATTENDEE;CN="Silva, Ana":mailto:ana@example.com',
    )
    expect(full).toMatchObject({
      location: 'Fern Hall, terrace',
      notes: 'bring\nglasses\nURL: https://example.com/toast',
      category: 'speeches',
      tags: ['evening'],
      people: ['Silva Ana'],
      internalNotes: 'ATTENDEE: ana@example.com',
    })
  })

  it('marked private keeps its description inside', () => {
    const reading = calendar(START, 'SUMMARY:Talk', 'DESCRIPTION:do not seat together', 'CLASS:PRIVATE')
    expect(item(reading, 0)).toMatchObject({ internalNotes: 'do not seat together' })
    expect(item(reading, 0).notes).toBeUndefined()
    expect(reading.warned[0]?.reason).toContain('marked private')
  })

  it('without title is imported under a name that says so', () => {
    const reading = calendar(START)
    expect(item(reading, 0).title).toBe('Untitled event')
    expect(reading.warned).toHaveLength(1)
  })

  it('does not take over what its alarm says', () => {
    expect(
      event(START, 'SUMMARY:Toast', 'BEGIN:VALARM', 'DESCRIPTION:Reminder', 'TRIGGER:-PT5M', 'END:VALARM').notes,
    ).toBeUndefined()
  })

  it('keeps a damaged line in its notes, with a warning', () => {
    const reading = calendar(START, 'SUMMARY:Toast', 'lost words')
    expect(item(reading, 0).notes).toBe('lost words')
    expect(reading.warned[0]?.reason).toContain('cannot be read and is in its notes')
  })
})

describe('events that cannot be imported', () => {
  it.each([
    ['without start', ['SUMMARY:Toast'], 'has no start'],
    ['with a start that is none', ['DTSTART:soon', 'SUMMARY:Toast'], '"soon" is no date'],
    ['with an impossible date', ['DTSTART:20270231T120000', 'SUMMARY:Toast'], 'is no date'],
  ])('are refused %s, with line and text', (_name, lines, reason) => {
    const reading = calendar(...lines)
    expect(reading.refused[0]).toMatchObject({ line: 2, text: expect.stringContaining('SUMMARY:Toast') })
    expect(reading.refused[0]?.reason).toContain(reason)
  })

  it('are refused where the file was cut off', () => {
    const reading = read(`BEGIN:VCALENDAR\nBEGIN:VEVENT\n${START}\nSUMMARY:Toast`, {}, 'day.ics')
    expect(reading.refused[0]?.reason).toContain('stops in the middle')
  })

  it('are refused if they are to-dos', () => {
    const reading = read('BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:Rings\nEND:VTODO\nEND:VCALENDAR', {}, 'day.ics')
    expect(reading.rows).toBe(1)
    expect(reading.refused[0]?.reason).toContain('to-do')
  })

  it('are not guests', () => {
    expect(refusalOf('BEGIN:VCALENDAR\nEND:VCALENDAR', { table: 'guests' }, 'day.ics').reason).toContain(
      'no guest list',
    )
  })
})

describe('ids', () => {
  const ids = (...lines: readonly string[]) => calendar(...lines).items.map(({ id }) => id)

  it('follow the UID, whatever else changes', () => {
    expect(ids('UID:1', START, 'SUMMARY:Toast')).toEqual(ids('UID:1', 'DTSTART:20270612T150000', 'SUMMARY:Speech'))
    expect(ids('UID:1', START, 'SUMMARY:Toast')).not.toEqual(ids('UID:2', START, 'SUMMARY:Toast'))
  })

  it('tell a moved instance of a series from the series', () => {
    expect(ids('UID:1', START)).not.toEqual(ids('UID:1', 'RECURRENCE-ID:20270612T143000', START))
  })

  it('without UID follow start, title and place', () => {
    expect(ids(START, 'SUMMARY:Toast', 'LOCATION:Hall')).toEqual(ids('LOCATION:Hall', 'SUMMARY:Toast', START))
    expect(ids(START, 'SUMMARY:Toast', 'LOCATION:Hall')).not.toEqual(ids(START, 'SUMMARY:Toast', 'LOCATION:Lawn'))
  })
})
