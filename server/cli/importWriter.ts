/** Writes what a file holds, and tells rows that are new from rows that are known. */
import { isSameJson } from '../../model/canonicalJson.ts'
import { type Api, allRecords, type OutgoingChange } from '../../model/client/calls.ts'
import type { ImportedRow, ImportReading } from '../../model/import/index.ts'
import { err, ok, type Result } from '../../model/result.ts'
import type { Failure } from './exit.ts'
import { failureOf, pushChanges } from './server.ts'

const BATCH = 100

type Outcome = 'imported' | 'updated' | 'skipped'

export interface WrittenReport {
  readonly kind: string
  readonly table: string
  readonly rows: number
  readonly imported: number
  readonly updated: number
  readonly skipped: number
  readonly warned: ImportReading['warned']
  readonly refused: ImportReading['refused']
}

/** Every row of the file is counted once: `rows = imported + updated + skipped + refused.length`. */
export async function writeRows(
  api: Api,
  weddingId: string,
  reading: ImportReading,
): Promise<Result<WrittenReport, Failure>> {
  const known = new Map<string, Readonly<Record<string, unknown>>>()
  for (const table of new Set(reading.items.map((item) => item.table))) {
    const records = await allRecords(api, weddingId, table)
    if (!records.ok) return err(failureOf(records.error))
    for (const { id, data } of records.value) known.set(id, data)
  }

  const outcomes = new Map<number, Outcome>()
  const refused = [...reading.refused]
  const pending: { item: ImportedRow; change: OutgoingChange }[] = []
  for (const item of reading.items) {
    const before = known.get(item.id)
    const data = before ? differing(item.data, before) : { ...item.data, wedding_id: weddingId }
    const outcome = before ? (Object.keys(data).length > 0 ? 'updated' : 'skipped') : 'imported'
    outcomes.set(item.row, stronger(outcomes.get(item.row), outcome))
    if (outcome !== 'skipped') {
      const action = before ? 'update' : 'create'
      pending.push({ item, change: { action, table: item.table, id: item.id, data } })
    }
  }

  for (let from = 0; from < pending.length; from += BATCH) {
    const batch = pending.slice(from, from + BATCH)
    const pushed = await pushChanges(
      api,
      batch.map(({ change }) => change),
    )
    if (!pushed.ok) return pushed
    for (const { changeId, error } of pushed.value.failures) {
      const item = batch.find(({ change }) => change.id === changeId)?.item
      if (!item || !outcomes.delete(item.row)) continue
      refused.push({ line: item.line, reason: error, text: String(item.data.title ?? item.data.name ?? '') })
    }
  }

  const count = (wanted: Outcome) => [...outcomes.values()].filter((outcome) => outcome === wanted).length
  return ok({
    kind: reading.kind,
    table: reading.table,
    rows: reading.rows,
    imported: count('imported'),
    updated: count('updated'),
    skipped: count('skipped'),
    warned: reading.warned,
    refused,
  })
}

/** A row that makes two records counts as what is more of the two. */
function stronger(a: Outcome | undefined, b: Outcome): Outcome {
  const order: readonly Outcome[] = ['skipped', 'updated', 'imported']
  return a !== undefined && order.indexOf(a) > order.indexOf(b) ? a : b
}

function differing(
  data: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(data).filter(([field, value]) => !isSameJson(value, before[field])))
}
