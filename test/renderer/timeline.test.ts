import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../model/merge/codec.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { readRow } from '../../renderer/src/data/row.ts'
import { itemOf } from '../../renderer/src/timeline/item.ts'
import { itemChanges, itemForm, namesIn } from '../../renderer/src/timeline/itemForm.ts'
import { timelineLines } from '../../renderer/src/timeline/lines.ts'

const ZONE = 'Europe/Lisbon'
const DAY = '2026-06-13'
const SCOPE = '00000000-0000-4000-8000-000000000000'
const author = { actor: 'aaaaaaaaaaa', stamp: '0mj8k2p1x000' }

let nextId = 0
function item(title: string, data: Record<string, unknown> = {}) {
  const id = `00000000-0000-4000-8000-${String(++nextId).padStart(12, '0')}`
  const record = createRecord({ id, scope: SCOPE, table: 'timeline_items', data: { title, ...data } }, author)
  const row = readRow(encodeRecord(record))
  if (!row) throw new Error('the record was not readable')
  return itemOf(row, ZONE)
}

function at(localTime: string, date = DAY): number {
  return Date.parse(`${date}T${localTime}:00+01:00`)
}

function iso(localTime: string, date = DAY): string {
  return new Date(at(localTime, date)).toISOString().replace('.000Z', 'Z')
}

function drawn(items: readonly ReturnType<typeof item>[], nowMs: number): readonly string[] {
  return timelineLines(items, nowMs, DAY).map((line) => {
    if (line.kind === 'item') {
      return line.pace ? `${line.item.title} (${line.pace.minutes} ${line.pace.kind})` : line.item.title
    }
    if (line.kind === 'section') return `# ${line.title}`
    return line.kind === 'date' ? `= ${line.date}` : `– ${line.kind}`
  })
}

const LONG_BEFORE = Date.parse('2026-01-01T00:00:00Z')

describe('the lines of a timeline', () => {
  it('are ordered by start, then rank; without a time comes last', () => {
    const items = [
      item('Cake', { startTime: iso('21:00'), rank: 'b' }),
      item('Someday'),
      item('Vows', { startTime: iso('15:00') }),
      item('Speech', { startTime: iso('21:00'), rank: 'a' }),
    ]
    expect(drawn(items, LONG_BEFORE)).toEqual(['Vows', 'Speech', 'Cake', '– untimed', 'Someday'])
  })

  it('have sections as headings and a divider where the local date changes', () => {
    const items = [
      item('Hair', { startTime: iso('09:00'), section: 'Morning' }),
      item('Make-up', { startTime: iso('10:00'), section: 'Morning' }),
      item('Last coach', { startTime: iso('00:30', '2026-06-14'), section: 'Night' }),
    ]
    expect(drawn(items, LONG_BEFORE)).toEqual(['# Morning', 'Hair', 'Make-up', '= 2026-06-14', '# Night', 'Last coach'])
  })

  it('show now between items, and how the current one stands', () => {
    const items = [
      item('Vows', { startTime: iso('15:00'), endTime: iso('15:40') }),
      item('Drinks', { startTime: iso('16:00'), endTime: iso('17:00') }),
    ]
    expect(drawn(items, at('15:30'))).toEqual(['Vows (10 left)', '– now', 'Drinks'])
    expect(drawn(items, at('15:52'))).toEqual(['Vows (12 over)', '– now', 'Drinks'])
    expect(drawn(items, at('20:00'))).toEqual(['Vows', 'Drinks (180 over)', '– now'])
  })

  it('pass over what is done or cancelled when they look for the current item', () => {
    const items = [
      item('Vows', { startTime: iso('15:00'), endTime: iso('15:40'), done: true }),
      item('Doves', { startTime: iso('15:20'), status: 'cancelled' }),
    ]
    expect(drawn(items, at('15:30'))).toEqual(['Vows', 'Doves', '– now'])
  })

  it('show no now on another day, and none for an empty day', () => {
    expect(drawn([item('Vows', { startTime: iso('15:00') })], at('15:00', '2026-06-16'))).toEqual(['Vows'])
    expect(drawn([], at('15:00'))).toEqual([])
  })

  it('take the end from the duration where there is none', () => {
    const items = [item('Vows', { startTime: iso('15:00'), durationMin: 30 })]
    expect(drawn(items, at('15:20'))).toEqual(['Vows (10 left)', '– now'])
  })
})

describe('the form of an item', () => {
  const before = { title: 'Vows', location: 'Garden', startTime: iso('15:00'), people: ['Rita', 'Tom'] }

  it('saves only what the person changed', () => {
    const shown = itemForm(before, ZONE, DAY)
    expect(itemChanges(before, shown, shown, ZONE)).toEqual({ ok: true, value: {} })
    expect(itemChanges(before, shown, { ...shown, location: ' Chapel ', start: '15:20' }, ZONE)).toEqual({
      ok: true,
      value: { location: 'Chapel', startTime: iso('15:20') },
    })
  })

  it('writes null for what was emptied', () => {
    const shown = itemForm(before, ZONE, DAY)
    expect(itemChanges(before, shown, { ...shown, location: '', people: '' }, ZONE)).toEqual({
      ok: true,
      value: { location: null, people: [] },
    })
  })

  it('takes names apart at commas', () => {
    expect(namesIn(' Rita,Tom ,, Rita')).toEqual(['Rita', 'Tom'])
  })
})
