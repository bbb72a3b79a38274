import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type ImportReading, type ImportTarget, readImport } from '../../../model/import/index.ts'
import { tableNamed } from '../../../model/tables/index.ts'

export const TARGET: ImportTarget = {
  weddingId: '0190c0de-0000-7000-8000-000000000001',
  date: '2027-06-12',
  timezone: 'Europe/Lisbon',
}

/** Reads a text that must be readable, and checks what holds for every reading. */
export function read(text: string, target: Partial<ImportTarget> = {}, name = 'list.csv'): ImportReading {
  const result = readImport({ name, text }, { ...TARGET, ...target })
  if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.reason}`)
  const reading = result.value
  expectSound(reading)
  return reading
}

/** The sentence with which a whole file is refused. */
export function refusalOf(text: string, target: Partial<ImportTarget> = {}, name = 'list.csv') {
  const result = readImport({ name, text }, { ...TARGET, ...target })
  if (result.ok) throw new Error(`was read: ${result.value.rows} rows`)
  return result.error
}

export function real(name: string, target: Partial<ImportTarget> = {}): ImportReading {
  return read(realText(name), target, name)
}

export function realText(name: string): string {
  return readFileSync(new URL(`../../fixtures/real/${name}`, import.meta.url), 'utf8')
}

/** Fields of the nth item; fails if there is no such item. */
export function item(reading: ImportReading, n: number): Readonly<Record<string, unknown>> {
  const found = reading.items[n]
  if (found === undefined) throw new Error(`no item ${n}`)
  return found.data
}

export function titles(reading: ImportReading): unknown[] {
  return reading.items.map(({ data }) => data.title)
}

/** Starts as local clock times with the day of the month, `12 14:30`; `-` for none. */
export function starts(reading: ImportReading, timeZone = TARGET.timezone): string[] {
  return reading.items.map(({ data }) => local(data.startTime, timeZone))
}

export function ends(reading: ImportReading, timeZone = TARGET.timezone): string[] {
  return reading.items.map(({ data }) => local(data.endTime, timeZone))
}

function local(iso: unknown, timeZone: string): string {
  if (typeof iso !== 'string') return '-'
  const options = { day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const
  return new Intl.DateTimeFormat('en-GB', options).format(new Date(iso)).replace(', ', ' ').replace(' at ', ' ')
}

/** No row is lost, no id comes twice, all fields fit their table, and ends follow starts. */
function expectSound(reading: ImportReading): void {
  const importedRows = new Set(reading.items.map(({ row }) => row))
  expect(importedRows.size + reading.refused.length).toBe(reading.rows)
  expect(new Set(reading.items.map(({ id }) => id)).size).toBe(reading.items.length)
  const table = tableNamed(reading.table)
  for (const { data, id } of reading.items) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/)
    for (const [name, value] of Object.entries(data)) {
      const field = table.fields[name]
      expect(field, `unknown field ${name}`).toBeDefined()
      expect(field?.schema.safeParse(value).error, `${name}: ${JSON.stringify(value)}`).toBeUndefined()
    }
    for (const name of table.required) expect(data[name]).toBeDefined()
    if (typeof data.startTime === 'string' && typeof data.endTime === 'string') {
      expect(Date.parse(data.endTime)).toBeGreaterThanOrEqual(Date.parse(data.startTime))
    }
  }
}
