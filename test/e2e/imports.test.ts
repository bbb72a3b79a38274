/**
 * `wedsync import` on files that other people wrote, against a real server: every row is accounted for, the same file
 * twice changes nothing, and what cannot be imported leaves no trace. How each format is read is tested beside the
 * importer (`test/model/import/realFiles.test.ts`), where also the origin of the numbers below is told.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { RecordRow } from '../../model/rest/records.ts'
import { expectOneLine, fewAtATime, holdings, jsonLines, push, records, weddings } from '../support/teamCalls.ts'
import { type Finished, type Rest, rest, type Server, serve, temporaryFolders, wedsync } from '../support/wedsync.ts'

const line = z.object({ line: z.number().int(), reason: z.string() })
const fileReport = z.strictObject({
  file: z.string(),
  weddingId: z.uuid(),
  kind: z.enum(['csv', 'ics']),
  table: z.enum(['timeline_items', 'guests']),
  rows: z.number().int(),
  imported: z.number().int(),
  updated: z.number().int(),
  skipped: z.number().int(),
  warned: z.array(line),
  refused: z.array(line.extend({ text: z.string() })),
})
type FileReport = z.infer<typeof fileReport>

const exportReport = z.strictObject({
  files: z.array(z.string()),
  records: z.number().int(),
  left: z.array(z.object({ table: z.string(), id: z.string(), reason: z.string() })),
})

const FESTIVAL = 'festival-running-order-node-ical.ics'
const MIXED = 'mixed-timezones-node-ical.ics'
const OUTLOOK = 'outlook-quoted-tzid-node-ical.ics'
const APPLE = 'status-apple-calendar-node-ical.ics'
const EVENTS = 'events-three-day-plan-your-wedding.csv'
const RITUALS = 'rituals-durations-only-plan-your-wedding.csv'
const BOOKINGS = 'bookings-five-weddings-allwave.csv'
const MANY_GUESTS = 'guests-volume-plan-your-wedding.csv'
const DIETS = 'guests-dietary-wedding-table-match.csv'
const NEITHER = [
  ['tables-wedding-table-match.csv', /list of tables/],
  ['seating-report-wedding-table-match.txt', /No row names the columns/],
  ['contact-evolution-ez-vcard.vcf', /vCard/],
] as const

/** Everything that fits one wedding goes into one, as a team would do it; the others need their own day or zone. */
const IN_DELHI = [
  { file: EVENTS, kind: 'csv', table: 'timeline_items', rows: 4, refused: 0 },
  { file: RITUALS, kind: 'csv', table: 'timeline_items', rows: 7, refused: 0 },
  { file: BOOKINGS, kind: 'csv', table: 'timeline_items', rows: 5, refused: 3 },
  { file: OUTLOOK, kind: 'ics', table: 'timeline_items', rows: 4, refused: 0 },
  { file: APPLE, kind: 'ics', table: 'timeline_items', rows: 4, refused: 0 },
  { file: MIXED, kind: 'ics', table: 'timeline_items', rows: 5, refused: 0 },
  { file: MANY_GUESTS, kind: 'csv', table: 'guests', rows: 225, refused: 0 },
  { file: DIETS, kind: 'csv', table: 'guests', rows: 20, refused: 0 },
] as const
const DELHI = ['--new', 'Priya & Arjun', '--date', '2027-02-14', '--timezone', 'Asia/Kolkata']
const OSLO = ['--new', 'Festival wedding', '--date', '2011-08-04', '--timezone', 'Europe/Oslo']

const folders = temporaryFolders()
let server: Server
let api: Rest

function real(name: string): string {
  return fileURLToPath(new URL(`../fixtures/real/${name}`, import.meta.url))
}

function run(args: readonly string[]): Promise<Finished> {
  return wedsync(['import', '--server', server.ready.url, '--token', server.ready.token ?? '', '--json', ...args])
}

/** Imports, and checks of every file that nothing was dropped silently. */
async function imported(args: readonly string[]): Promise<readonly FileReport[]> {
  const { code, stdout, stderr } = await run(args)
  expect([code, stderr]).toEqual([0, ''])
  const reports = jsonLines.parse(stdout).map((report) => fileReport.parse(report))
  for (const { rows, imported, updated, skipped, refused } of reports) {
    expect(rows).toBe(imported + updated + skipped + refused.length)
  }
  return reports
}

async function importedOne(args: readonly string[]): Promise<FileReport> {
  const reports = await imported(args)
  const [only] = reports
  expect(reports).toHaveLength(1)
  if (!only) throw new Error('no report')
  return only
}

function named(rows: readonly RecordRow[], name: string): RecordRow {
  const found = rows.filter(({ data }) => data.title === name || data.name === name)
  const [only] = found
  if (!only || found.length > 1) throw new Error(`there are ${found.length} records named ${name}`)
  return only
}

beforeAll(async () => {
  server = await serve(['device', '--data', folders.make('device')])
  api = rest(server.ready.url, server.ready.token)
})

afterAll(async () => {
  expect((await server.stop()).code).toBe(0)
  folders.cleanUp()
})

describe('a wedding made of eight files', () => {
  let weddingId: string
  const files = IN_DELHI.map(({ file }) => real(file))

  it('has a record for every row that is not refused', async () => {
    const reports = await imported([...DELHI, ...files])
    weddingId = reports[0]?.weddingId ?? ''
    for (const [index, { refused, ...expected }] of IN_DELHI.entries()) {
      expect(reports[index]).toMatchObject({ ...expected, weddingId, updated: 0, skipped: 0 })
      expect(reports[index]?.imported).toBe(expected.rows - refused)
      expect(reports[index]?.refused).toHaveLength(refused)
    }
    const byFile = (file: string) => reports.find((report) => report.file === file)
    expect(byFile(BOOKINGS)?.refused.map((refusal) => refusal.line)).toEqual([3, 4, 6])
    for (const { reason, text } of byFile(BOOKINGS)?.refused ?? []) {
      expect(reason).toMatch(/cells under 45 headers/)
      expect(text).not.toBe('')
    }
    expect(byFile(RITUALS)?.warned).toHaveLength(1)
    expect([byFile(MANY_GUESTS)?.warned, byFile(DIETS)?.warned]).toEqual([[], []])
    // Two bookings are a ceremony and a reception each.
    expect(await records(api, weddingId, 'timeline_items')).toHaveLength(4 + 7 + 2 * 2 + 4 + 4 + 5)
    expect(await records(api, weddingId, 'guests')).toHaveLength(225 + 20)
    expect((await weddings(api)).find(({ id }) => id === weddingId)).toMatchObject({
      name: 'Priya & Arjun',
      date: '2027-02-14',
      records: 1 + 28 + 245,
    })
  })

  it('holds what the files say', async () => {
    const items = await records(api, weddingId, 'timeline_items')
    const guests = await records(api, weddingId, 'guests')
    // 18:00 to 00:00 in Delhi: six hours, to the end of that day.
    expect(named(items, 'Engagement & Sangeet').data).toMatchObject({
      wedding_id: weddingId,
      startTime: '2027-02-13T12:30:00Z',
      endTime: '2027-02-13T18:30:00Z',
      location: 'Grand Lotus Hotel',
    })
    const statuses = ['Cancelled', 'Confirmed', 'Tentative'].map((word) => named(items, word).data.status)
    expect(statuses).toEqual(['cancelled', 'confirmed', 'pending'])
    // Outlook's own name of the zone of New York, in summer time.
    expect(named(items, 'TEST').data.startTime).toBe('2020-10-28T17:30:00Z')
    expect(named(guests, 'Henry Taylor').data).toMatchObject({ allergies: ['lactose-intolerant'] })
    expect(named(guests, 'Tina King').data).toMatchObject({ dietary: 'halal' })
    expect(guests.filter(({ data }) => data.meal === 'jain')).toHaveLength(10)
    expect(guests.filter(({ data }) => data.side === 'mutual')).toHaveLength(15)
  })

  it('skips every row the second time', async () => {
    const before = await holdings(api)
    const reports = await imported(['--wedding', weddingId.toUpperCase(), ...files])
    for (const [index, { file, rows, refused }] of IN_DELHI.entries()) {
      expect(reports[index]).toMatchObject({ file, weddingId, rows, imported: 0, updated: 0, skipped: rows - refused })
      expect(reports[index]?.refused).toHaveLength(refused)
    }
    expect(await holdings(api)).toEqual(before)
  })

  it('goes out again: all records as JSON, a file for each table, a calendar that has every item with a time', async () => {
    const folder = folders.make('exports')
    const access = ['--server', server.ready.url, '--token', server.ready.token ?? '']
    const out = async (format: string, path: string, ...more: readonly string[]) => {
      const args = [
        'export',
        ...access,
        '--wedding',
        weddingId,
        '--format',
        format,
        '--out',
        join(folder, path),
        ...more,
      ]
      const { code, stdout, stderr } = await wedsync([...args, '--json'])
      expect([code, stderr]).toEqual([0, ''])
      return exportReport.parse(jsonLines.parse(stdout)[0])
    }
    expect(await out('json', 'all.json')).toEqual({
      files: [join(folder, 'all.json')],
      records: 1 + 28 + 245,
      left: [],
    })
    expect((await out('csv', 'tables')).records).toBe(1 + 28 + 245)
    expect(readdirSync(join(folder, 'tables')).sort()).toEqual(['guests.csv', 'timeline_items.csv', 'weddings.csv'])
    const calendar = await out('ics', 'day.ics')
    expect(calendar.records + calendar.left.length).toBe(28)
    const events = readFileSync(join(folder, 'day.ics'), 'utf8').match(/^BEGIN:VEVENT\r$/gm) ?? []
    expect(events).toHaveLength(calendar.records)
    await out('csv', 'guests.csv', '--table', 'guests')
    await out('vcf', 'people.vcf')
    const again = await importedOne(['--new', 'Again', '--date', '2027-02-14', join(folder, 'guests.csv')])
    expect(again).toMatchObject({ rows: 245, imported: 245, refused: [] })
  })

  it('reports the one row that was edited since', async () => {
    const guest = named(await records(api, weddingId, 'guests'), 'Henry Taylor')
    const edit = { action: 'update', table: 'guests', id: guest.id, clientVersion: String(guest.version) } as const
    await push(api, [{ ...edit, data: { name: 'Harry Taylor' } }])
    const report = await importedOne(['--wedding', weddingId, real(DIETS)])
    expect(report).toMatchObject({ rows: 20, imported: 0, updated: 1, skipped: 19, refused: [] })
    expect(named(await records(api, weddingId, 'guests'), 'Henry Taylor').id).toBe(guest.id)
  })
})

describe('the festival of 128 events', () => {
  let weddingId: string

  it('is imported whole, with one repeating event to be seen to', async () => {
    const report = await importedOne([...OSLO, real(FESTIVAL)])
    expect(report).toMatchObject({ file: FESTIVAL, kind: 'ics', table: 'timeline_items', rows: 128, imported: 128 })
    expect(report.refused).toEqual([])
    expect(report.warned).toMatchObject([{ line: 29, reason: expect.stringContaining('FREQ=WEEKLY') }])
    weddingId = report.weddingId
    const items = await records(api, weddingId, 'timeline_items')
    expect(items).toHaveLength(128)
    const day = (iso: unknown) =>
      new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Oslo' }).format(new Date(String(iso)))
    expect(items.filter(({ data }) => day(data.endTime) > day(data.startTime))).toHaveLength(15)
  })

  it('counts an edited title as updated, and the others as skipped', async () => {
    const ceremony = named(await records(api, weddingId, 'timeline_items'), 'Opening ceremony')
    const data = { title: 'The opening' }
    await push(api, [{ action: 'update', table: 'timeline_items', id: ceremony.id, data }])
    const report = await importedOne(['--wedding', weddingId, real(FESTIVAL)])
    expect(report).toMatchObject({ rows: 128, imported: 0, updated: 1, skipped: 127, refused: [] })
    expect(named(await records(api, weddingId, 'timeline_items'), 'Opening ceremony').id).toBe(ceremony.id)
  })

  it('brings back a row that was deleted', async () => {
    const ceremony = named(await records(api, weddingId, 'timeline_items'), 'Opening ceremony')
    await push(api, [{ action: 'delete', table: 'timeline_items', id: ceremony.id, data: {} }])
    expect(await records(api, weddingId, 'timeline_items')).toHaveLength(127)
    const report = await importedOne(['--wedding', weddingId, real(FESTIVAL)])
    expect(report).toMatchObject({ rows: 128, imported: 1, updated: 0, skipped: 127, refused: [] })
    const items = await records(api, weddingId, 'timeline_items')
    expect(named(items, 'Opening ceremony')).toMatchObject({ id: ceremony.id, data: ceremony.data })
  })
})

describe('a list that has only durations', () => {
  it('is chained from the anchor, in the time of the wedding', async () => {
    const report = await importedOne([...DELHI, '--anchor', '09:00', real(RITUALS)])
    expect(report).toMatchObject({ rows: 7, imported: 7, warned: [], refused: [] })
    const items = await records(api, report.weddingId, 'timeline_items')
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kolkata', timeStyle: 'short' })
    const starts = items.map(({ data }) => clock.format(new Date(String(data.startTime)))).sort()
    expect(starts).toEqual(['09:00', '09:30', '10:30', '10:45', '11:05', '11:50', '12:00'])
  })
})

describe('for people', () => {
  it('the report is in words, with the refused rows in full', async () => {
    const access = ['--server', server.ready.url, '--token', server.ready.token ?? '']
    const { code, stdout } = await wedsync(['import', ...access, ...DELHI, '--yes', real(BOOKINGS)])
    expect(code).toBe(0)
    expect(stdout).toContain(`${BOOKINGS}: 5 rows → 2 imported, 0 updated, 0 already there, 3 refused (timeline_items`)
    expect(stdout.match(/^ {2}line \d+: refused: The row has 4[67] cells under 45 headers/gm)).toHaveLength(3)
  })
})

describe('what cannot be imported leaves no trace', () => {
  it('neither of files that hold neither a timeline nor guests', async () => {
    const before = await holdings(api)
    await fewAtATime(NEITHER, async ([name, reason]) => {
      expectOneLine(await run([...DELHI, real(name)]), { code: 1, line: reason })
      // Nor of the good file that stands before it.
      expectOneLine(await run([...DELHI, real(EVENTS), real(name)]), { code: 1, line: reason })
    })
    expect(await holdings(api)).toEqual(before)
  })

  it('nor of files that cannot be read', async () => {
    const before = await holdings(api)
    const dir = folders.make('files')
    mkdirSync(dir)
    writeFileSync(join(dir, 'empty.csv'), '')
    writeFileSync(join(dir, 'noise.csv'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe, 0x80, 0, 1, 2, 3]))
    await fewAtATime(['missing.csv', 'empty.csv', 'noise.csv', ''], async (name) => {
      const path = join(dir, name)
      expectOneLine(await run([...DELHI, path]), { code: 1, line: new RegExp(`^wedsync: ${path}`) })
    })
    expect(await holdings(api)).toEqual(before)
  })

  it('nor of options that are wrong', async () => {
    const before = await holdings(api)
    const file = real(EVENTS)
    const unknown = crypto.randomUUID()
    const faults: readonly (readonly [args: readonly string[], code: number, line: RegExp])[] = [
      [['--new', 'A', '--date', '12.06.2027'], 2, /--date takes a day like.*"12\.06\.2027"/],
      [['--new', 'A', '--date', '2027-02-30'], 2, /--date takes a day like.*"2027-02-30"/],
      [['--new', 'A'], 2, /--date takes a day like/],
      [['--wedding', 'Ana'], 2, /--wedding takes the id.*"Ana"/],
      [['--wedding', unknown, '--new', 'A', '--date', '2027-06-12'], 2, /either --wedding ID, or --new/],
      [[], 2, /either --wedding ID, or --new/],
      [['--new', 'A', '--date', '2027-06-12', '--table', 'cakes'], 2, /--table takes.*"cakes"/],
      [['--new', 'A', '--date', '2027-06-12', '--anchor', '9'], 2, /--anchor takes a time.*"9"/],
      [['--new', 'A', '--date', '2027-06-12', '--timezone', 'Venus/Base'], 2, /--timezone.*Venus\/Base/],
      [['--new', ' ', '--date', '2027-06-12'], 2, /--new/],
      [['--wedding', unknown], 1, new RegExp(`There is no wedding ${unknown}.*wedsync status`)],
    ]
    await fewAtATime(faults, async ([args, code, message]) => {
      expectOneLine(await run([...args, file]), { code, line: message })
    })
    expect(await holdings(api)).toEqual(before)
  })
})
