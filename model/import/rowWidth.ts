import type { SheetRow } from './csv.ts'
import type { Sheet } from './sheet.ts'

/** What to say of rows whose number of cells is not the header's. */
export interface WidthCheck {
  readonly refusal?: string
  readonly warning?: string
}

/**
 * Checks rows against the header. A row with more filled cells than the header has columns has slid to the right
 * somewhere, and nobody can tell where: an allergy would land under "Payment". It is refused, not guessed at.
 */
export function widthCheck(sheet: Sheet): (row: SheetRow) => WidthCheck {
  const width = sheet.header.cells.length
  // Some programs end every line with a separator; then the empty cell means nothing.
  const allAreLong = sheet.rows.every((row) => row.cells.length > width)
  return (row) => {
    if (width > 1 && row.cells.some((cell) => holdsRows(cell, sheet.separator, width))) {
      const refusal =
        'A quotation mark seems to be missing here, so that several rows run together; ' +
        'close it, or take it away, and import the file again.'
      return { refusal }
    }
    const surplus = row.cells.slice(width)
    if (surplus.some((cell) => cell !== '')) {
      const refusal =
        `The row has ${row.cells.length} cells under ${width} headers, so its values may stand under the wrong ones; ` +
        'correct the row (a comma inside a value needs quotation marks around it) and import it again.'
      return { refusal }
    }
    if (surplus.length > 0 && !allAreLong) {
      const warning = `The row has ${row.cells.length} cells under ${width} headers; the last are empty. Check its values.`
      return { warning }
    }
    const isShort = row.cells.length < width && row.cells.filter((cell) => cell !== '').length > 1
    if (!isShort) return {}
    return { warning: `The row has ${row.cells.length} cells under ${width} headers; the rest was taken as blank.` }
  }
}

/**
 * A cell that was opened by a stray quotation mark has swallowed whole rows. Unlike those of prose, their separators have
 * no space behind them.
 */
function holdsRows(cell: string, separator: string, width: number): boolean {
  if (/^\s*[[{]/.test(cell)) return false // data printed over several lines
  const [, ...lines] = cell.split('\n')
  return lines.some((line) => line.replaceAll(`${separator} `, ' ').split(separator).length >= Math.max(width - 1, 2))
}
