/** From a chosen file to the records that would be saved. Pure but for new ids. */
import { decodeText, type ImportError, type ImportReading, readImport } from '../../../model/import/index.ts'
import type { NewRecord } from '../../../model/merge/edit.ts'
import { ok, type Result } from '../../../model/result.ts'

export interface ImportForm {
  /** Empty for a new wedding. */
  readonly weddingId: string
  readonly weddingName: string
  readonly date: string
  readonly zone: string
  /** `HH:mm` at which a list of mere durations begins; empty if the file names times. */
  readonly anchor: string
}

export interface ImportPlan {
  readonly weddingId: string
  readonly reading: ImportReading
  readonly records: readonly NewRecord[]
}

/** @param newId makes the id of a new wedding */
export function planImport(
  file: { readonly name: string; readonly bytes: Uint8Array },
  form: ImportForm,
  newId: () => string,
): Result<ImportPlan, ImportError> {
  const weddingId = form.weddingId || newId()
  const text = decodeText(file.bytes, (encoding, bytes) => new TextDecoder(encoding).decode(bytes))
  const read = readImport(
    { name: file.name, text },
    { weddingId, date: form.date, timezone: form.zone, ...(form.anchor !== '' && { anchor: form.anchor }) },
  )
  if (!read.ok) return read
  const items = read.value.items.map(({ id, table, data }) => ({ id, scope: weddingId, table, data }))
  const data = { name: form.weddingName.trim(), date: form.date, timezone: form.zone, status: 'upcoming' }
  const wedding = form.weddingId ? [] : [{ id: weddingId, scope: weddingId, table: 'weddings', data }]
  return ok({ weddingId, reading: read.value, records: [...wedding, ...items] })
}

/** Rows of the file that became something, each counted once however many records it made. */
export function importedRows({ items }: ImportReading): number {
  return new Set(items.map(({ row }) => row)).size
}
