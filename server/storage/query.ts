import {
  getQueryMatcher,
  getSortComparator,
  type PreparedQuery,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorageCountResult,
} from 'rxdb'
import { type IndexRange, rangeOf, type SchemaIndex } from './indexes.ts'
import { type DocumentTable, NO_LIMIT } from './table.ts'

export type QueryTarget<RxDocType> = {
  readonly schema: RxJsonSchema<RxDocumentData<RxDocType>>
  readonly indexes: readonly SchemaIndex[]
  readonly table: DocumentTable
  readonly parse: (data: string) => RxDocumentData<RxDocType>
}

/** A document as it is stored; parsed already if that was needed to find it. */
export type Found<RxDocType> = { readonly data: string; readonly document?: RxDocumentData<RxDocType> }

/**
 * Documents that match, deleted ones included if the selector lets them: RxDB puts `_deleted` into it.
 *
 * SQLite does the work of the index; what the index does not decide is decided by RxDB's own matcher and comparator, so
 * there is no second opinion on what a selector means.
 */
export function runQuery<RxDocType>(
  target: QueryTarget<RxDocType>,
  prepared: PreparedQuery<RxDocType>,
): readonly Found<RxDocType>[] {
  const { query, queryPlan } = prepared
  const { skip, limit } = pageOf(prepared)
  const range = rangeOf(target.indexes, prepared)

  if (queryPlan.selectorSatisfiedByIndex && queryPlan.sortSatisfiedByIndex) {
    const rows = target.table.read(range, limit === Number.POSITIVE_INFINITY ? NO_LIMIT : limit, skip)
    return rows.map((data) => ({ data }))
  }
  // Without the right order no document can be left out before all have been seen.
  const enough = queryPlan.sortSatisfiedByIndex ? skip + limit : Number.POSITIVE_INFINITY
  const found = matching(target, prepared, range, enough)
  // The sort is stable and starts in index order, as in RxDB's memory storage: equal documents come out in its order.
  const compare = getSortComparator(target.schema, query)
  if (!queryPlan.sortSatisfiedByIndex) found.sort((a, b) => compare(a.document, b.document))
  return found.slice(skip, skip + limit)
}

/** Number of documents that `runQuery` would return; `fast` if SQLite alone can tell. */
export function runCount<RxDocType>(
  target: QueryTarget<RxDocType>,
  prepared: PreparedQuery<RxDocType>,
): RxStorageCountResult {
  const { skip, limit } = pageOf(prepared)
  const range = rangeOf(target.indexes, prepared)
  const isFast = prepared.queryPlan.selectorSatisfiedByIndex
  const total = isFast ? target.table.count(range) : countMatching(target, prepared, range)
  return { count: Math.min(Math.max(0, total - skip), limit), mode: isFast ? 'fast' : 'slow' }
}

function pageOf<RxDocType>({ query }: PreparedQuery<RxDocType>): { skip: number; limit: number } {
  // A limit of 0 is a limit.
  return { skip: query.skip ?? 0, limit: query.limit ?? Number.POSITIVE_INFINITY }
}

function matching<RxDocType>(
  target: QueryTarget<RxDocType>,
  prepared: PreparedQuery<RxDocType>,
  range: IndexRange,
  enough: number,
): Required<Found<RxDocType>>[] {
  if (prepared.queryPlan.selectorSatisfiedByIndex) {
    return target.table.read(range, NO_LIMIT, 0).map((data) => ({ data, document: target.parse(data) }))
  }
  const matches = getQueryMatcher(target.schema, prepared.query)
  const found: Required<Found<RxDocType>>[] = []
  for (const data of target.table.iterate(range)) {
    const document = target.parse(data)
    if (!matches(document)) continue
    found.push({ data, document })
    if (found.length >= enough) break
  }
  return found
}

function countMatching<RxDocType>(
  target: QueryTarget<RxDocType>,
  prepared: PreparedQuery<RxDocType>,
  range: IndexRange,
): number {
  const matches = getQueryMatcher(target.schema, prepared.query)
  let count = 0
  for (const data of target.table.iterate(range)) if (matches(target.parse(data))) count += 1
  return count
}
