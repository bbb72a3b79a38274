/**
 * What a team takes out of a wedding in forms that other programs read: everything as JSON, tables as CSV, the plan of the
 * day as a calendar, people as address cards. Pure; the server calls it with what the caller may read.
 */
import type { RecordRow } from '../rest/records.ts'
import { calendar } from './calendar.ts'
import { addressCards } from './cards.ts'
import { csvTable } from './csv.ts'

export const EXPORT_FORMATS = ['json', 'csv', 'ics', 'vcf'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportedFile {
  readonly name: string
  readonly text: string
}

export interface Export {
  readonly files: readonly ExportedFile[]
  /** Records that are in the files. */
  readonly records: number
  /** Records that this format has no place for, and why. */
  readonly left: readonly Left[]
}

export interface Left {
  readonly table: string
  readonly id: string
  readonly reason: string
}

export interface Wedding {
  readonly id: string
  readonly name: string
  /** When it was taken out, ISO 8601 in UTC. */
  readonly at: string
}

/** @param records of one wedding, without deleted ones */
export function exportRecords(format: ExportFormat, records: readonly RecordRow[], wedding: Wedding): Export {
  switch (format) {
    case 'json': {
      const text = `${JSON.stringify({ wedding, records }, undefined, 2)}\n`
      return { files: [{ name: 'wedding.json', text }], records: records.length, left: [] }
    }
    case 'csv': {
      const tables = [...Map.groupBy(records, ({ table }) => table)]
      const files = tables.map(([table, rows]) => ({ name: `${table}.csv`, text: csvTable(table, rows) }))
      return { files, records: records.length, left: [] }
    }
    case 'ics':
      return one('timeline.ics', calendar(records, wedding))
    case 'vcf':
      return one('people.vcf', addressCards(records))
  }
}

/** One entry of a file, or why a record is none. */
export type Written = { readonly text: string } | { readonly left: Left }

function one(name: string, { text, written }: { readonly text: string; readonly written: readonly Written[] }): Export {
  const left = written.flatMap((each) => ('left' in each ? [each.left] : []))
  return { files: [{ name, text }], records: written.length - left.length, left }
}
