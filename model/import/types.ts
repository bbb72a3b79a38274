/** A file the user picked: its name, and its text as `decodeText` gave it. */
export interface ImportSource {
  readonly name: string
  readonly text: string
}

/** Where the rows go, and what the file itself cannot say. */
export interface ImportTarget {
  readonly weddingId: string
  /** The wedding's date, `YYYY-MM-DD`: the day of every row that names no date of its own. */
  readonly date: string
  /** IANA zone of the venue; times without a zone are local times there. */
  readonly timezone: string
  /** Set when the user chose the table; otherwise the headers decide. */
  readonly table?: 'timeline_items' | 'guests'
  /** `HH:MM` at which a list begins that has durations only. */
  readonly anchor?: string
  /** How to read `06/07/2027` when nothing in the file tells. */
  readonly dateOrder?: 'day-first' | 'month-first'
}

/**
 * One record to write. A row of the file may make several (a booking row: ceremony and reception; a guest row: two
 * people); they then share `row`. To report in rows, count each distinct `row` once.
 */
export interface ImportedRow {
  /** Line of the file where the row begins, from 1. */
  readonly line: number
  /** Number of the data row, from 1, refused rows counted too; headings, title block and blank rows are not. */
  readonly row: number
  readonly table: string
  /** The same for the same row of the same file, so that a second import meets the first one's records. */
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface ImportWarning {
  readonly line: number
  readonly reason: string
}

export interface ImportRefusal extends ImportWarning {
  /** The row as it stands in the file, for the user to find and mend. */
  readonly text: string
}

/**
 * What a file holds. Every data row has at least one item or one refusal, never both:
 * `rows === new Set(items.map((item) => item.row)).size + refused.length`.
 */
export interface ImportReading {
  readonly kind: 'csv' | 'ics'
  readonly table: string
  readonly rows: number
  /** Which field each header was taken for, for the preview; `notes` where none matched. Empty for a calendar. */
  readonly columns: readonly { readonly header: string; readonly field: string }[]
  readonly items: readonly ImportedRow[]
  readonly warned: readonly ImportWarning[]
  readonly refused: readonly ImportRefusal[]
}

/**
 * Why a whole file gave nothing. `reason` is one sentence for the person who chose the file, and says what to do.
 * - `not-readable`: the bytes are not text we understand, or the file is damaged
 * - `nothing-to-import`: it reads well, but holds nothing for a timeline or a guest list
 */
export type ImportError =
  | { readonly kind: 'not-readable'; readonly file: string; readonly reason: string }
  | { readonly kind: 'nothing-to-import'; readonly file: string; readonly reason: string }
