/** What is told of a wedding as a whole. Computed again only after its change log has grown, since clients poll for it. */
import { combinedDigest, scopeDigest } from '../../model/merge/digest.ts'
import { type CausalRecord, restrictRecord } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { isInView, type View } from '../../model/sync/rules.ts'
import { readablePart, recordsIn } from './reading.ts'
import type { Reader } from './sight.ts'

export interface WeddingSummary {
  readonly name: unknown
  readonly date: unknown
  /** Records that are not deleted. */
  readonly records: number
  readonly digest: string
  readonly deleted: boolean
}

export type Summaries = (weddingId: string, reader: Reader) => Promise<WeddingSummary>

type Outline = (record: CausalRecord) => CausalRecord

/** Where values are sealed already, or no cloud's view is known. */
export const asItIs: Outline = (record) => record

const MAX_SUMMARIES = 1_000

/** @param outline how a record is to be seen for its digest */
export function createSummaries(changes: ChangeStore, outline: () => Outline): Summaries {
  const known = new Map<string, { head: number; outline: Outline; summary: Promise<WeddingSummary> }>()
  return async (weddingId, reader) => {
    const key = `${weddingId}/${reader.key}`
    const head = await changes.head(weddingId)
    const cached = known.get(key)
    const asOutside = outline()
    if (cached?.head === head && cached.outline === asOutside) return cached.summary
    const summary = summarise(changes, weddingId, reader.view, asOutside)
    known.delete(key)
    known.set(key, { head, outline: asOutside, summary })
    const [oldest] = known.keys()
    if (known.size > MAX_SUMMARIES && oldest !== undefined) known.delete(oldest)
    try {
      return await summary
    } catch (error) {
      if (known.get(key)?.summary === summary) known.delete(key)
      throw error
    }
  }
}

async function summarise(
  changes: ChangeStore,
  weddingId: string,
  reader: View,
  outline: Outline,
): Promise<WeddingSummary> {
  const parts: CausalRecord[] = []
  let records = 0
  let wedding: ReturnType<typeof viewRecord> | undefined
  for await (const record of recordsIn(changes, weddingId)) {
    // As a peer with this view holds it, so that its own digest can be compared.
    const part = restrictRecord(record, (readClass) => isInView(reader, record, readClass))
    if (part) parts.push(outline(part))
    const readable = readablePart(record, reader)
    const view = readable && viewRecord(readable)
    if (view && !view.deleted) records += 1
    if (view && record.id === weddingId) wedding = view
  }
  return {
    name: wedding?.data.name ?? null,
    date: wedding?.data.date ?? null,
    records,
    digest: combinedDigest(scopeDigest(parts)),
    deleted: wedding?.deleted ?? false,
  }
}
