/** `GET /weddings` and `GET /weddings/:id/records` (`cli.md`). */
import type { z } from 'zod'
import { stampTime } from '../../model/merge/clock.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { recordVersion } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { recordId } from '../../model/rest/common.ts'
import type { RecordRow, RecordsReply, recordsQuery } from '../../model/rest/records.ts'
import type { WeddingsReply } from '../../model/rest/weddings.ts'
import type { View } from '../../model/sync/rules.ts'
import type { Caller, ServerContext } from './context.ts'
import { missing } from './errors.ts'
import { attribute, type People, type PeopleOf } from './people.ts'
import { readablePart, recordsIn, rowData, weddingsFor } from './reading.ts'
import type { Handlers } from './router.ts'
import { sightOf } from './sight.ts'
import type { Summaries } from './weddingSummary.ts'

export function weddingHandlers(
  context: ServerContext,
  summaries: Summaries,
  people: PeopleOf,
): Pick<Handlers, 'weddings' | 'records'> {
  return {
    async weddings({ caller }) {
      const weddings: WeddingsReply['weddings'] = []
      const sight = await sightOf(context, caller)
      for (const id of await weddingsFor(context, caller)) {
        const summary = await summaries(id, sight)
        if (summary.deleted) continue
        const { complete, behindBy, quarantined, peers } = await context.completeness(id)
        const { name, date, records, digest } = summary
        weddings.push({ id, name, date, records, digest, complete, behindBy, quarantined, peers: [...peers] })
      }
      return { weddings }
    },

    async records({ caller, params, query }) {
      const weddingId = recordId.safeParse(params.id).data
      if (weddingId === undefined || !(await weddingsFor(context, caller)).includes(weddingId)) {
        throw missing('There is no such wedding')
      }
      return pageOfRecords(context, caller, weddingId, query, await people(caller.team))
    },
  }
}

async function pageOfRecords(
  context: ServerContext,
  caller: Caller,
  weddingId: string,
  { table, cursor, limit, deleted }: z.infer<typeof recordsQuery>,
  people: People,
): Promise<RecordsReply> {
  const { view } = await sightOf(context, caller)
  const records: RecordRow[] = []
  const from = { ...(table !== undefined && { table }), ...(cursor !== undefined && { after: cursor.toLowerCase() }) }
  for await (const record of recordsIn(context.stores.changes, weddingId, from, limit + 1)) {
    const row = rowOf(record, view, people)
    if (!row || (row.deleted && !deleted)) continue
    if (records.length === limit) return { records, cursor: records.at(-1)?.id ?? null, hasMore: true }
    records.push(row)
  }
  return { records, cursor: records.at(-1)?.id ?? null, hasMore: false }
}

export function rowOf(record: CausalRecord, reader: View, people: People): RecordRow | undefined {
  const part = readablePart(record, reader)
  if (!part) return undefined
  const view = viewRecord(part)
  const siblings = Object.entries(view.deleted ? {} : view.siblings).map(([field, values]) => [
    field,
    values.map(({ value, edit }) => ({ value, ...attribute(people, edit) })),
  ])
  return {
    table: view.table,
    id: view.id,
    data: rowData(view),
    ...(siblings.length > 0 && { siblings: Object.fromEntries(siblings) }),
    // Of the whole record, since that is what `clientVersion` is looked up by.
    version: recordVersion(record),
    ...(view.deleted && { deleted: true as const }),
    updatedAt: stampTime(view.updated.stamp),
    updatedBy: attribute(people, view.updated).by,
  }
}
