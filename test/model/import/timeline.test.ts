import { describe, expect, it } from 'vitest'
import { ends, item, read, refusalOf, starts, titles } from './read.ts'

const reasons = (reading: { warned: readonly { reason: string }[] }) =>
  reading.warned.map(({ reason }) => reason).join('\n')

describe('the table', () => {
  it('reads the example of the format notes', () => {
    const reading = read(
      'Time,What,Who,Where,Notes\n' +
        '2:45pm,Florist sets arch,Fern & Co,Orchard,\n' +
        ',,,,\n' +
        'Midnight,Last coach,Ana / Zoë,Front gate,next day really\n',
    )
    expect(reading.rows).toBe(2)
    expect(starts(reading)).toEqual(['12 14:45', '13 00:00'])
    expect(item(reading, 0)).toMatchObject({ title: 'Florist sets arch', people: ['Fern & Co'], location: 'Orchard' })
    expect(item(reading, 1)).toMatchObject({ people: ['Ana', 'Zoë'], notes: 'next day really' })
  })

  it.each(['Start Time', 'start_time', 'startTime', 'START-TIME', 'Start.Time', 'Start Time (local)', 'Start time*'])(
    'matches the header %s',
    (header) => {
      expect(starts(read(`${header},What\n14:00,Ceremony`))).toEqual(['12 14:00'])
    },
  )

  it.each(['event', 'title', 'name', 'eventName', 'activity', 'label', 'task', 'What'])(
    'takes %s for the title',
    (h) => {
      expect(titles(read(`Time,${h}\n14:00,Ceremony`))).toEqual(['Ceremony'])
    },
  )

  it.each([
    ['location', 'location'],
    ['venue', 'location'],
    ['place', 'location'],
    ['event_type', 'category'],
    ['phase', 'category'],
    ['details', 'notes'],
    ['description', 'notes'],
  ])('takes %s for the %s', (header, field) => {
    expect(item(read(`Time,What,${header}\n14:00,Ceremony,x y`), 0)).toMatchObject({ [field]: 'x y' })
  })

  it.each(['roles', 'participants', 'assignedTo', 'responsible'])('takes %s for the people', (header) => {
    const reading = read(`Time,What,${header}\n14:00,Ceremony,Ana; Zoë`)
    expect(item(reading, 0).people).toEqual(['Ana', 'Zoë'])
  })

  it('takes vendorName for the vendors', () => {
    expect(item(read('Time,What,vendorName\n14:00,Arch,Fern & Co'), 0).assignedVendors).toEqual(['Fern & Co'])
  })

  it('takes a description for the title where nothing else can be', () => {
    expect(titles(read('Time,Description\n14:00,Ceremony'))).toEqual(['Ceremony'])
  })

  it.each([
    ['a comma', ','],
    ['a semicolon', ';'],
    ['a tab', '\t'],
  ])('takes %s as separator', (_name, mark) => {
    const text = ['Time,What,Where', '14:00,Ceremony,Orchard'].join('\n').replaceAll(',', mark)
    expect(item(read(text), 0)).toMatchObject({ title: 'Ceremony', location: 'Orchard' })
  })

  it('takes line ends of any kind, quoted cells over lines, stray quotes and the separator line of Excel', () => {
    const text = 'sep=;\r\nTime;What;Notes\r\n14:00;Ceremony;"one\r\ntwo; three"\r\n15:00;5" cake stand;\r\n'
    const reading = read(text)
    expect(reading.items.map(({ line }) => line)).toEqual([3, 5])
    expect(item(reading, 0).notes).toBe('one\ntwo; three')
    expect(item(reading, 1).title).toBe('5" cake stand')
  })

  it('finds the header below a title block and does not count the block', () => {
    const reading = read(
      'Ana & Zoë,,\n"Saturday, 12 June 2027",,\n,,\nVenue:,Fern Hall,\nTime,What,Where\n14:00,Ceremony,Hall',
    )
    expect(reading.rows).toBe(1)
    expect(reading.items[0]?.line).toBe(6)
  })

  it('keeps unknown columns in the notes under their header', () => {
    const reading = read('Time,What,Notes,Dress code,Playlist\n14:00,Ceremony,be early,Black tie,Bach')
    expect(item(reading, 0).notes).toBe('be early\nDress code: Black tie\nPlaylist: Bach')
  })

  it('keeps a column without a header, too', () => {
    expect(item(read('Time,What,\n14:00,Ceremony,Orchard'), 0).notes).toBe('Column 3: Orchard')
  })

  it('keeps money, contacts and health out of the notes that everyone reads', () => {
    const reading = read('Time,What,Phone,Budget,Microphone\n14:00,Ceremony,555-0101,900,two')
    expect(item(reading, 0)).toMatchObject({ notes: 'Microphone: two', internalNotes: 'Phone: 555-0101\nBudget: 900' })
  })

  it('tells the preview what each column was taken for', () => {
    expect(read('Time,What,Mood\n14:00,Ceremony,calm').columns).toEqual([
      { header: 'Time', field: 'start' },
      { header: 'What', field: 'title' },
      { header: 'Mood', field: 'notes' },
    ])
  })
})

describe('rows', () => {
  it('takes a lone first cell as the section of what follows, not as a row', () => {
    const reading = read('Time,What\n10:00,Hair\nRECEPTION,\n18:00,Dinner\n,\n')
    expect(reading.rows).toBe(2)
    expect(reading.items.map(({ data }) => data.section)).toEqual([undefined, 'RECEPTION'])
  })

  it('says which titles it took for headings when the title comes first', () => {
    const reading = read('What,Time\nRECEPTION,\nDinner,18:00')
    expect(reading.rows).toBe(1)
    expect(reading.warned[0]).toEqual({
      line: 2,
      reason: '"RECEPTION" stands alone in its row and was taken as a heading, not as an item.',
    })
  })

  it('does not count a header that is printed again on the next page', () => {
    expect(read('Time,What\n10:00,Hair\nTime,What\n18:00,Dinner').rows).toBe(2)
  })

  it('refuses a row with more filled cells than headers, with its line and text', () => {
    const reading = read('Time,What,Notes\n14:00,Ceremony,umbrellas, just in case\n15:00,Drinks,')
    expect(titles(reading)).toEqual(['Drinks'])
    expect(reading.refused).toEqual([
      {
        line: 2,
        text: '14:00,Ceremony,umbrellas, just in case',
        reason: expect.stringContaining('The row has 4 cells under 3 headers'),
      },
    ])
  })

  it('warns of surplus blank cells in some rows, but not where every row ends with a separator', () => {
    expect(reasons(read('Time,What\n14:00,Ceremony,\n15:00,Drinks'))).toContain('3 cells under 2 headers')
    expect(reasons(read('Time,What\n14:00,Ceremony,\n15:00,Drinks,'))).not.toContain('cells under')
  })

  it('warns of a row that is shorter than the header', () => {
    expect(reasons(read('Time,What,Who,Where\n14:00,Ceremony'))).toContain('2 cells under 4 headers')
  })

  it('refuses rows that a missing quotation mark has run together', () => {
    const reading = read('Time,What,Notes\n10:00,Hair,"in room 2\n14:00,Ceremony,\n15:00,"Drinks",lawn\n16:00,Photos,')
    expect(titles(reading)).toEqual(['Photos'])
    expect(reading.refused[0]?.reason).toContain('A quotation mark seems to be missing')
    expect(reading.refused[0]?.text).toContain('14:00,Ceremony')
  })

  it('refuses a row that does not say what happens', () => {
    const reading = read('Time,What,Where\n14:00,,Orchard')
    expect(reading.refused[0]?.reason).toBe(
      'The row does not say what happens at 14:00; fill in its title and import it again.',
    )
  })

  it('reads flags, markers and statuses, and keeps what it cannot read', () => {
    const reading = read(
      'Time,What,isCritical,isMilestone,bufferTime,status\n' +
        '14:00,Ceremony,TRUE,yes,,in progress\n' +
        '15:00,Slack,false,,true,done\n' +
        '16:00,Photos,,,15,wobbly',
    )
    expect(item(reading, 0)).toMatchObject({ fixed: true, tags: expect.arrayContaining(['milestone']) })
    expect(item(reading, 0).status).toBe('in-progress')
    expect(item(reading, 1)).toMatchObject({ fixed: false, buffer: true, status: 'completed' })
    expect(item(reading, 2).notes).toBe('status: wobbly\nbufferTime: 15')
  })

  it('cuts a value that is too long and keeps the whole of it in the notes', () => {
    const long = 'very '.repeat(60).trim()
    const reading = read(`Time,What,Where\n14:00,Ceremony,${long}`)
    expect(item(reading, 0).location).toHaveLength(200)
    expect(item(reading, 0).notes).toBe(`location: ${long}`)
    expect(reasons(reading)).toContain('The location is longer than 200 characters')
  })

  it('refuses a row whose notes do not fit', () => {
    const reading = read(`Time,What,Notes\n14:00,Ceremony,${'x'.repeat(10_001)}`)
    expect(reading.refused[0]?.reason).toContain('10001 characters long, and 10000 is the most')
  })
})

describe('other layouts', () => {
  it('makes an item of each filled cell where people are the columns', () => {
    const reading = read('Time,Ana & Jo,Zoë\n10:00,Hair,Shave\n10:30,,\n11:00,Dress,\n')
    expect(reading.rows).toBe(2)
    expect(reading.items.map(({ row, data }) => [row, data.title, data.people])).toEqual([
      [1, 'Hair', ['Ana', 'Jo']],
      [1, 'Shave', ['Zoë']],
      [2, 'Dress', ['Ana', 'Jo']],
    ])
    expect(ends(reading)).toEqual(['12 11:00', '-', '-'])
  })

  it('makes ceremony and reception of a booking, on its own date', () => {
    const reading = read(
      'Wedding_Date,Venue_Name,Ceremony_Time,Reception_Start,Reception_End\n2027-06-12,Fern Hall,4:00 PM,6:30 PM,12:00 AM',
    )
    expect(reading.rows).toBe(1)
    expect(titles(reading)).toEqual(['Ceremony', 'Reception'])
    expect(starts(reading)).toEqual(['12 16:00', '12 18:30'])
    expect(ends(reading)).toEqual(['-', '13 00:00'])
  })

  it('keeps a booking time that it cannot read, and refuses a booking without any', () => {
    const header = 'Wedding_Date,Ceremony_Time,Reception_Start\n'
    const reading = read(`${header}2027-06-12,4:00 PM,after dark\n2027-06-12,,`)
    expect(titles(reading)).toEqual(['Ceremony'])
    expect(item(reading, 0).notes).toBe('Reception: after dark')
    expect(reading.refused[0]?.reason).toContain('gives no time for the ceremony or the reception')
  })
})

describe('ids', () => {
  const text = 'Time,What,Where\n14:00,Ceremony,Hall\n15:00,Drinks,Lawn\n15:00,Drinks,Lawn'
  const ids = (source: string, weddingId = '0190c0de-0000-7000-8000-000000000001') =>
    read(source, { weddingId }).items.map(({ id }) => id)

  it('are the same when the same file comes twice, and tell equal rows apart', () => {
    expect(ids(text)).toEqual(ids(text))
    expect(new Set(ids(text)).size).toBe(3)
  })

  it('do not depend on the line', () => {
    expect(ids(text.replace('What,Where\n', 'What,Where\n09:00,Hair,Room 2\n')).slice(1)).toEqual(ids(text))
  })

  it('differ from wedding to wedding', () => {
    expect(ids(text, '0190c0de-0000-7000-8000-000000000002')).not.toContain(ids(text)[0])
  })
})

describe('files that cannot be imported', () => {
  it.each([
    ['an empty file', '  \n', 'list.csv', 'The file is empty'],
    ['a header without rows', 'Time,What\n', 'list.csv', 'no rows below them'],
    ['a list without header', '14:00,Ceremony\n15:00,Drinks', 'list.csv', 'No row names the columns'],
    ['prose', 'Dear Ana,\nsee you on Saturday.', 'letter.txt', 'No row names the columns'],
    ['a vendor list', 'company,contact,phone\nFern & Co,Ana,555-0101', 'list.csv', 'list of vendors'],
    ['a shot list', 'Group,People,Minutes\nFamily,Ana; Zoë,3', 'list.csv', 'list of photo groups'],
    ['tables', 'id,name,capacity\n1,Head Table,8', 'list.csv', 'list of tables'],
    ['JSON', '[{"time":"14:00"}]', 'list.json', 'JSON files cannot be imported'],
    ['a vCard', 'BEGIN:VCARD\nEND:VCARD', 'list.vcf', 'address card'],
    ['a calendar without events', 'BEGIN:VCALENDAR\nEND:VCALENDAR', 'list.ics', 'holds no events'],
  ])('says what to do with %s', (_name, text, name, reason) => {
    expect(refusalOf(text, {}, name)).toMatchObject({
      kind: 'nothing-to-import',
      file: name,
      reason: expect.stringContaining(reason),
    })
  })

  it.each([
    ['a workbook', 'PK\u0003\u0004…', 'list.xlsx', 'CSV UTF-8'],
    ['a PDF', '%PDF-1.7', 'list.pdf', 'printed document'],
    ['bytes', 'a\u0000b', 'list.csv', 'not a text file'],
    [
      'an open quotation mark',
      'Time,What\n14:00,"Ceremony\n15:00,Drinks',
      'list.csv',
      'opened in line 2 and never closed',
    ],
    ['a calendar that is none', 'hello', 'list.ics', 'BEGIN:VCALENDAR'],
    ['a huge file', 'x'.repeat(10_000_001), 'list.csv', 'split it'],
  ])('says that it cannot read %s', (_name, text, name, reason) => {
    expect(refusalOf(text, {}, name)).toMatchObject({ kind: 'not-readable', reason: expect.stringContaining(reason) })
  })

  it('names the columns it wants when the user chose the table', () => {
    expect(refusalOf('a,b\n1,2', { table: 'guests' }).reason).toContain('Name, Group, RSVP')
    expect(refusalOf('a,b\n1,2', { table: 'timeline_items' }).reason).toContain('Time, What, Who')
  })
})
