import { v5 as uuidv5 } from 'uuid'
import type { NewRecord } from '../../../model/merge/edit.ts'
import { sampleWedding } from '../../../model/sample/sampleWedding.ts'
import { deviceZone, localDate } from '../time/local.ts'

/** The sample wedding, on the day on which somebody looks at it. */
export function sampleRecords(nowMs: number): { readonly weddingId: string; readonly records: readonly NewRecord[] } {
  const weddingId = crypto.randomUUID()
  const timezone = deviceZone()
  const date = localDate(nowMs, timezone)
  const sample = sampleWedding({ weddingId, date, timezone, newId: (name) => uuidv5(name, weddingId) })
  return { weddingId, records: sample.map(({ table, id, data }) => ({ id, scope: weddingId, table, data })) }
}
