import type { SheetRow } from './csv.ts'
import { type Draft, finish } from './notes.ts'
import type { ImportedRow, ImportReading, ImportRefusal, ImportWarning } from './types.ts'

/** One record that a row makes, with the key that its id comes from. */
export interface Candidate {
  readonly draft: Draft
  readonly key: readonly string[]
}

/** Where a row stands: anything with a line and its own text. */
export type RowSource = Pick<SheetRow, 'line' | 'text'>

/** Gathers what becomes of each row, so that every one is imported or refused. */
export interface Collector {
  /** Takes the records of the next data row, or refuses the row if one of them cannot be stored. */
  take(source: RowSource, candidates: readonly Candidate[]): void
  /** Counts the next data row as refused. */
  refuse(source: RowSource, reason: string): void
  warn(line: number, reason: string): void
  /** The number that the next data row will have. */
  nextRow(): number
  reading(kind: 'csv' | 'ics', columns: ImportReading['columns']): ImportReading
}

export function collector(table: string, idOf: (...key: readonly string[]) => string): Collector {
  const items: ImportedRow[] = []
  const warned: ImportWarning[] = []
  const refused: ImportRefusal[] = []
  let rows = 0

  function refuse(source: RowSource, reason: string): void {
    rows += 1
    refused.push({ line: source.line, reason, text: source.text })
  }

  function take(source: RowSource, candidates: readonly Candidate[]): void {
    const finished: { key: readonly string[]; data: Record<string, unknown> }[] = []
    for (const { draft, key } of candidates) {
      const result = finish(draft, table)
      if (!result.ok) {
        refuse(source, result.error)
        return
      }
      finished.push({ key, data: result.value })
    }
    if (finished.length === 0) {
      refuse(source, 'There is nothing in this row that can be imported.')
      return
    }
    rows += 1
    for (const { key, data } of finished) items.push({ line: source.line, row: rows, table, id: idOf(...key), data })
    const reasons = new Set(candidates.flatMap(({ draft }) => draft.warnings))
    for (const reason of reasons) warned.push({ line: source.line, reason })
  }

  return {
    take,
    refuse,
    warn: (line, reason) => warned.push({ line, reason }),
    nextRow: () => rows + 1,
    reading: (kind, columns) => ({
      kind,
      table,
      rows,
      columns,
      items,
      warned: warned.toSorted((a, b) => a.line - b.line),
      refused,
    }),
  }
}
