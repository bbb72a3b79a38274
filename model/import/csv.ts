import { parse } from 'csv-parse/browser/esm/sync'
import { z } from 'zod'
import { err, ok, type Result } from '../result.ts'

/** A row as the file has it. */
export interface SheetRow {
  /** Line where the row begins, from 1; a quoted cell may run over several. */
  readonly line: number
  readonly cells: readonly string[]
  readonly text: string
}

export const SEPARATORS = [',', ';', '\t'] as const
export type Separator = (typeof SEPARATORS)[number]

const MAX_REFUSED_TEXT_CHARS = 1000

const parsedRows = z.array(
  z.object({ record: z.array(z.string()), raw: z.string(), info: z.object({ lines: z.number() }) }),
)

/**
 * The rows of a CSV text, blank ones included, whatever their lengths. A quote inside an unquoted cell is a plain
 * character (`5" heels`).
 * @param upTo stop after so many rows, to look at a file's head only
 * @returns as an error, a sentence with the line at fault
 */
export function readRows(text: string, separator: Separator, upTo?: number): Result<SheetRow[], string> {
  // One kind of line end, because the parser takes the first it meets for all of the file.
  const lines = text.replace(/\r\n?/g, '\n')
  try {
    const options = { delimiter: separator, info: true, raw: true, relax_column_count: true, relax_quotes: true }
    const parsed: unknown = parse(lines, { ...options, ...(upTo === undefined ? {} : { to: upTo }) })
    let lastLine = 0
    const rows = parsedRows.parse(parsed).map(({ record, raw, info }) => {
      const line = lastLine + 1
      lastLine = info.lines
      return { line, cells: record.map((cell) => cell.trim()), text: raw.trim().slice(0, MAX_REFUSED_TEXT_CHARS) }
    })
    return ok(rows)
  } catch (error) {
    return err(
      `A quotation mark is opened in line ${lineOf(error)} and never closed; close it and import the file again.`,
    )
  }
}

export function isBlank(row: SheetRow): boolean {
  return row.cells.every((cell) => cell === '')
}

/** The line where the quotation mark was opened: the parser stands at the end of the file, with all since then in `raw`. */
function lineOf(error: unknown): number {
  const shape = z.object({ lines: z.number(), raw: z.string() }).safeParse(error)
  if (!shape.success) throw error // not the parser's: a bug, and it should be loud
  return shape.data.lines - shape.data.raw.split('\n').length + 1
}
