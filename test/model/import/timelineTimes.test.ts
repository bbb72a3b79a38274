import { describe, expect, it } from 'vitest'
import { ends, item, read, starts } from './read.ts'

const list = (times: readonly string[]) => `Time,What\n${times.map((time, i) => `"${time}",Item ${i + 1}`).join('\n')}`
const reasons = (reading: { warned: readonly { reason: string }[] }) =>
  reading.warned.map(({ reason }) => reason).join('\n')

describe('am and pm', () => {
  it('chooses for 4:30 what keeps the list in order, and warns', () => {
    const reading = read(list(['2:45pm', '4:30', '6pm']))
    expect(starts(reading)).toEqual(['12 14:45', '12 16:30', '12 18:00'])
    expect(reading.warned).toContainEqual({
      line: 3,
      reason: '"4:30" has no am or pm; it was read as 16:30, afternoon or evening. Check it.',
    })
  })

  it('looks at the next certain time when the list begins with an uncertain one', () => {
    expect(starts(read(list(['8:00', '10:00 am'])))[0]).toBe('12 08:00')
    expect(starts(read(list(['2:00', '4pm'])))[0]).toBe('12 14:00')
  })

  it('reads a whole list without am or pm as one day', () => {
    const reading = read(list(['9:00', '10:30', '12:00', '1:30', '4:00', '7:00', '11:00', '12:00', '1:00']))
    expect(starts(reading)).toEqual([
      '12 09:00',
      '12 10:30',
      '12 12:00',
      '12 13:30',
      '12 16:00',
      '12 19:00',
      '12 23:00',
      '13 00:00',
      '13 01:00',
    ])
  })

  it('does not doubt a 24-hour list, even at 9:30', () => {
    const reading = read(list(['9:30', '12:15', '14:00']))
    expect(starts(reading)).toEqual(['12 09:30', '12 12:15', '12 14:00'])
    expect(reasons(reading)).not.toContain('am or pm')
  })
})

describe('midnight', () => {
  it('moves the date on once the list goes from late evening to a small hour', () => {
    const reading = read(list(['21:00', '23:30', '00:30', '01:15']))
    expect(starts(reading)).toEqual(['12 21:00', '12 23:30', '13 00:30', '13 01:15'])
  })

  it('puts a start at Midnight, 12:00 AM or 00:00 at the end of the day', () => {
    expect(starts(read(list(['10pm', 'Midnight'])))[1]).toBe('13 00:00')
    expect(starts(read(list(['10pm', '12:00 AM'])))[1]).toBe('13 00:00')
    expect(starts(read(list(['22:00', '00:00'])))[1]).toBe('13 00:00')
    expect(starts(read(list(['14:00', 'Midnight'])))[1]).toBe('13 00:00')
  })

  it('goes on after a Midnight that heads the list', () => {
    expect(starts(read(list(['Midnight', '12:30 am'])))).toEqual(['13 00:00', '13 00:30'])
  })

  it('does not guess when the list passes midnight a second time', () => {
    const reading = read(list(['23:00', '00:30', '14:00', '23:00', '00:30']))
    expect(starts(reading)).toEqual(['12 23:00', '13 00:30', '13 14:00', '13 23:00', '-'])
    expect(item(reading, 4)).toMatchObject({ originalTime: '00:30' })
    expect(reading.warned.find(({ line }) => line === 6)?.reason).toContain('passes midnight a second time')
    expect(reading.warned.find(({ line }) => line === 4)?.reason).toContain('so it was put on 2027-06-13')
  })

  it('keeps a row that is merely out of order on its day, and warns', () => {
    const reading = read(list(['15:00', '14:30', '16:00']))
    expect(starts(reading)).toEqual(['12 15:00', '12 14:30', '12 16:00'])
    expect(reasons(reading)).toContain('"14:30" is earlier than the row above')
  })

  it('does not pull 00:30 back when every row repeats the date of the evening', () => {
    const reading = read('Date,Time,What\n2027-06-12,23:00,Party\n2027-06-12,00:30,Coach\n2027-06-12,1:00,Strike')
    expect(starts(reading)).toEqual(['12 23:00', '13 00:30', '13 01:00'])
    expect(reasons(reading)).toContain('put on the next day, 2027-06-13')
  })

  it('takes 2027-06-13 00:00 as it is dated, but Midnight of Saturday as the end of Saturday', () => {
    expect(starts(read('Date,Time,What\n2027-06-13,00:00,Coach'))).toEqual(['13 00:00'])
    expect(starts(read('Date,Time,What\n2027-06-12,Midnight,Coach'))).toEqual(['13 00:00'])
  })
})

describe('ends', () => {
  const row = (start: string, end: string) => read(`Start,End,What\n${start},${end},Dinner`)

  it('takes an end before the start for the next day if that is under eight hours', () => {
    expect(ends(row('22:00', '02:00'))).toEqual(['13 02:00'])
    expect(item(row('22:00', '02:00'), 0).durationMin).toBe(240)
  })

  it('makes 18:00 to 00:00 six hours, and 14:00 to midnight ten', () => {
    expect(item(row('18:00', '00:00'), 0).durationMin).toBe(360)
    expect(item(row('2pm', '12:00 AM'), 0).durationMin).toBe(600)
  })

  it('leaves out an end that would be the next day but far off, and keeps its words', () => {
    const reading = row('14:00', '10:00')
    expect(ends(reading)).toEqual(['-'])
    expect(item(reading, 0).originalTime).toBe('14:00 – 10:00')
    expect(reading.warned[0]?.reason).toContain('The end "10:00" is before the start')
  })

  it('reads an end without am or pm as the first one after the start', () => {
    const reading = row('4pm', '5:30')
    expect(ends(reading)).toEqual(['12 17:30'])
    expect(reading.warned[0]?.reason).toContain('the end was read as 17:30')
  })

  it('takes an end date of its own', () => {
    expect(ends(read('Start,End,End date,What\n10:00,11:00,2027-06-14,Rental'))).toEqual(['14 11:00'])
  })

  it('reads a range in the time cell', () => {
    const reading = read(list(['8-9am', '1pm - 5pm']))
    expect(starts(reading)).toEqual(['12 08:00', '12 13:00'])
    expect(ends(reading)).toEqual(['12 09:00', '12 17:00'])
  })

  it('takes the next start where there is no end, marks it, and says how many', () => {
    const reading = read(list(['14:00', '14:30', '15:15']))
    expect(ends(reading)).toEqual(['12 14:30', '12 15:15', '-'])
    expect(item(reading, 0)).toMatchObject({ tags: ['end-inferred'], durationMin: 30 })
    expect(item(reading, 2).tags).toBeUndefined()
    expect(reasons(reading)).toContain("2 rows have no end; each was given the next item's start")
  })

  it('does not stretch an item over a long gap, nor end it at a sunset, nor give the sunset a length', () => {
    const reading = read('Time,What\n08:00,Hair\n18:00,Dinner\n20:41,Sunset\n21:00,Dancing')
    expect(ends(reading)).toEqual(['-', '12 21:00', '-', '-'])
    expect(item(reading, 2)).toMatchObject({ tags: ['marker'], fixed: true })
  })
})

describe('durations', () => {
  const durations = 'What,Duration\nProcession,10\nVows,"20"\nRings,5 min'

  it('keeps order and length without clock times until the start is given, and says so once', () => {
    const reading = read(durations)
    expect(starts(reading)).toEqual(['-', '-', '-'])
    expect(reading.items.map(({ data }) => data.durationMin)).toEqual([10, 20, 5])
    expect(reading.items.map(({ data }) => data.rank)).toEqual(['000001', '000002', '000003'])
    expect(reading.warned).toHaveLength(1)
    expect(reading.warned[0]?.reason).toContain('Give the time at which it starts')
  })

  it('chains them from the start that is given, and meets the same items again', () => {
    const reading = read(durations, { anchor: '14:00' })
    expect(starts(reading)).toEqual(['12 14:00', '12 14:10', '12 14:30'])
    expect(ends(reading)).toEqual(['12 14:10', '12 14:30', '12 14:35'])
    expect(reading.warned).toEqual([])
    expect(reading.items.map(({ id }) => id)).toEqual(read(durations).items.map(({ id }) => id))
  })

  it('says so when the start that is given is no time', () => {
    expect(read(durations, { anchor: 'soon' }).warned[0]?.reason).toContain('"soon", is no clock time')
  })

  it('makes an end of start and duration, and begins a row without time where the last one ended', () => {
    const reading = read('Time,What,Duration\n14:00,Ceremony,30\n,Receiving line,20\n15:00,Drinks,60')
    expect(starts(reading)).toEqual(['12 14:00', '12 14:30', '12 15:00'])
    expect(ends(reading)).toEqual(['12 14:30', '12 14:50', '12 16:00'])
    expect(item(reading, 1).tags).toEqual(['start-inferred'])
  })

  it('trusts the end where end and duration disagree', () => {
    const reading = read('Start,End,Duration,What\n14:00,15:00,30,Ceremony')
    expect(item(reading, 0).durationMin).toBe(60)
    expect(reading.warned[0]?.reason).toContain('do not agree')
  })
})

describe('rows without a clock time', () => {
  it('keep their place and their words', () => {
    const reading = read(list(['14:00', 'After ceremony', '~ at some point ~', 'TBC', '16:00']))
    expect(starts(reading)).toEqual(['12 14:00', '-', '-', '-', '12 16:00'])
    expect(reading.items.map(({ data }) => data.originalTime)).toEqual([
      '14:00',
      'After ceremony',
      '~ at some point ~',
      'TBC',
      '16:00',
    ])
    expect(reading.items.map(({ data }) => data.rank)).toEqual(['000001', '000002', '000003', '000004', '000005'])
    expect(reading.warned.filter(({ reason }) => reason.includes('is no clock time'))).toHaveLength(3)
  })

  it('are marked as approximate when the time is', () => {
    expect(item(read(list(['1pm ish'])), 0)).toMatchObject({ approximate: true, originalTime: '1pm ish' })
  })
})

describe('dates', () => {
  it('carries a date down the rows that have none', () => {
    const reading = read('Date,Time,What\n2027-06-11,18:00,Rehearsal\n,20:00,Dinner\n2027-06-12,10:00,Hair')
    expect(starts(reading)).toEqual(['11 18:00', '11 20:00', '12 10:00'])
  })

  it('refuses a row whose date may be either, and says what to do', () => {
    const reading = read('Date,Time,What\n06/07/2025,18:00,Rehearsal')
    expect(reading.refused[0]).toMatchObject({ line: 2, text: '06/07/2025,18:00,Rehearsal' })
    expect(reading.refused[0]?.reason).toContain('may be 2025-07-06 or 2025-06-07')
  })

  it('reads it in the order it is told, or that the file proves, or that meets the wedding', () => {
    const rows = 'Date,Time,What\n06/07/2025,18:00,Rehearsal'
    expect(item(read(rows, { dateOrder: 'month-first' }), 0).startTime).toBe('2025-06-07T17:00:00Z')
    expect(item(read(`${rows}\n25/07/2025,18:00,Picnic`), 0).startTime).toBe('2025-07-06T17:00:00Z')
    const near = read(rows, { date: '2025-06-08' })
    expect(item(near, 0).startTime).toBe('2025-06-07T17:00:00Z')
    expect(reasons(near)).toContain('because the wedding is then')
  })

  it('refuses a date that is none', () => {
    expect(read('Date,Time,What\nDay 1,18:00,Rehearsal').refused[0]?.reason).toBe(
      'The date "Day 1" cannot be read; write it as 2027-06-12.',
    )
  })

  it('takes the day from a heading that names one', () => {
    const reading = read('Time,What\nFRIDAY,\n18:00,Rehearsal\n12 June 2027,\n10:00,Hair')
    expect(starts(reading)).toEqual(['11 18:00', '12 10:00'])
  })

  it('keeps dates other than the wedding and says so once', () => {
    const reading = read('Date,Time,What\n2026-05-01,18:00,Party')
    expect(item(reading, 0).startTime).toBe('2026-05-01T17:00:00Z')
    expect(reading.warned).toEqual([
      {
        line: 1,
        reason:
          "Nothing in this file is on the wedding's date, 2027-06-12: it is all on 2026-05-01. The dates were kept.",
      },
    ])
  })
})

describe('the clock at the venue', () => {
  it('is the zone of the wedding', () => {
    expect(item(read(list(['14:30']), { timezone: 'America/New_York' }), 0).startTime).toBe('2027-06-12T18:30:00Z')
  })

  it('warns of a time that the change to summer time skips', () => {
    const reading = read(list(['01:30']), { date: '2027-03-28' })
    expect(item(reading, 0).startTime).toBe('2027-03-28T01:30:00Z')
    expect(reasons(reading)).toContain('does not exist; 02:30 was taken')
  })

  it('warns of a time that comes twice, and keeps an hour an hour in that night', () => {
    const reading = read('Time,What,Duration\n00:30,Dancing,120', { date: '2027-10-31' })
    expect(item(reading, 0).durationMin).toBe(120)
    expect(reasons(read(list(['01:30']), { date: '2027-10-31' }))).toContain('this time comes twice')
  })
})
