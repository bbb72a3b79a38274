/** Whatever a file holds, each of its rows is imported or refused, and what is imported fits its table. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readImport } from '../../../model/import/index.ts'
import { read, TARGET } from './read.ts'

const SEED = 20270612
const RUNS = 150

const time = fc.constantFrom(
  '14:30',
  '2:30pm',
  '4',
  '8-9am',
  'Midnight',
  '00:00',
  'TBC',
  '',
  '1pm ish',
  '0.604',
  '23:50',
)
const date = fc.constantFrom('', '2027-06-12', '06/07/2027', 'Friday', 'June 13th, 2027', 'soon')
const words = fc.constantFrom(
  '',
  'Ceremony',
  'a "quoted" word',
  'x, y',
  'RECEPTION',
  'none',
  "['a', 'b']",
  'z'.repeat(300),
)
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
const sheet = (header: string, rows: readonly (readonly string[])[]) =>
  [header, ...rows.map((row) => row.map(quoted).join(','))].join('\n')

describe('no row is lost', () => {
  it(`in timelines (seed ${SEED})`, () => {
    const row = fc.tuple(date, time, time, words, words, words)
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        // The last row is sound, so that there is always something to import.
        const reading = read(sheet('Date,Start,End,What,Who,Mood', [...rows, ['', '10:00', '', 'Hair', 'Ana', 'calm']]))
        const headings = rows.filter(([first, ...others]) => first !== '' && others.every((cell) => cell === ''))
        const blank = rows.filter((cells) => cells.every((cell) => cell === ''))
        expect(reading.rows).toBe(rows.length + 1 - headings.length - blank.length)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })

  it(`in guest lists (seed ${SEED})`, () => {
    const row = fc.tuple(words, words, fc.constantFrom('yes', 'no', '', 'perhaps not'), words, words)
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const reading = read(sheet('name,group,rsvp,dietary,song', [...rows, ['Ana', 'Family', 'yes', '', '']]))
        const blank = rows.filter((cells) => cells.every((cell) => cell === ''))
        expect(reading.rows).toBe(rows.length + 1 - blank.length)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })

  it(`and text that is no table is refused in a sentence, never with an exception (seed ${SEED})`, () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', ';', 'Time', 'What', 'BEGIN:VEVENT\n', ':', '14:00'),
    })
    fc.assert(
      fc.property(text, fc.constantFrom('a.csv', 'a.ics', 'BEGIN:VCALENDAR\n'), (body, kind) => {
        const isCalendar = kind.startsWith('BEGIN')
        const source = isCalendar ? { name: 'a.ics', text: kind + body } : { name: kind, text: body }
        const result = readImport(source, TARGET)
        const sentence = result.ok ? 'imported.' : result.error.reason
        expect(sentence).toMatch(/\.$/)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })
})
