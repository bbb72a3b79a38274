/** A table as comma-separated values (RFC 4180): a column for each field, in the order of the table. */
import type { RecordRow } from '../rest/records.ts'
import { tableNamed } from '../tables/index.ts'

/** Without it Excel takes UTF-8 for something else. */
const BYTE_ORDER_MARK = '\uFEFF'
/** What a spreadsheet would take for a formula, and run. */
const FORMULA = /^[=+\-@\t\r]/
/** Telephone numbers and negative amounts also begin so, and do no harm. */
const NUMBERS = /^[+-]?[\d\s().,/-]*$/

export function csvTable(table: string, rows: readonly RecordRow[]): string {
  const known = Object.keys(tableNamed(table).fields)
  const used = new Set(rows.flatMap(({ data }) => Object.keys(data)))
  const unknown = [...used].filter((name) => !known.includes(name) && name !== 'wedding_id').sort()
  const columns = [...known.filter((name) => used.has(name)), ...unknown]
  const lines = [['id', ...columns], ...rows.map(({ id, data }) => [id, ...columns.map((name) => textOf(data[name]))])]
  return `${BYTE_ORDER_MARK}${lines.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('')}`
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(textOf).join('; ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function quoted(text: string): string {
  const harmless = FORMULA.test(text) && !NUMBERS.test(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
