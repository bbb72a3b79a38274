/** `GET /weddings` and `GET /weddings/:id/records` (`cli.md`). */
import type { RequestHandler, Router } from 'express'
import { z } from 'zod'
import { stampTime } from '../../model/merge/clock.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { recordVersion } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { recordId } from '../../model/rest/common.ts'
import { type RecordRow, type RecordsReply, recordsQuery } from '../../model/rest/records.ts'
import type { WeddingsReply } from '../../model/rest/weddings.ts'
import type { Role } from '../../model/roles.ts'
import type { Caller, ServerContext } from './context.ts'
import { echoing, methodNotAllowed, missing, parseInput } from './errors.ts'
import { attribute, type People, type PeopleOf } from './people.ts'
import { readablePart, recordsIn, rowData, weddingsFor } from './reading.ts'
import { callerOf } from './requestState.ts'
import { createSummaries, type Summaries } from './weddingSummary.ts'

export function addWeddingRoutes(router: Router, context: ServerContext, people: PeopleOf): void {
  const summaries = createSummaries(context.stores.changes)
  router.route('/weddings').get(listWeddings(context, summaries)).all(methodNotAllowed)
  router.route('/weddings/:id/records').get(listRecords(context, people)).all(methodNotAllowed)
}

function listWeddings(context: ServerContext, summaries: Summaries): RequestHandler {
  return async (request, response) => {
    const reply = await echoing({}, async (): Promise<WeddingsReply> => {
      const caller = callerOf(request)
      const weddings: WeddingsReply['weddings'] = []
      for (const id of await weddingsFor(context, caller)) {
        const summary = await summaries(id, caller.grant.role)
        if (summary.deleted) continue
        const { complete, behindBy, quarantined, peers } = await context.completeness(id)
        const { name, date, records, digest } = summary
        weddings.push({ id, name, date, records, digest, complete, behindBy, quarantined, peers: [...peers] })
      }
      return { weddings }
    })
    response.json(reply)
  }
}

const params = z.object({ id: recordId })

function listRecords(context: ServerContext, people: PeopleOf): RequestHandler {
  return async (request, response) => {
    const reply = await echoing({}, async () => {
      const caller = callerOf(request)
      const weddingId = params.safeParse(request.params).data?.id
      const query = parseInput(recordsQuery, request.query)
      if (weddingId === undefined || !(await weddingsFor(context, caller)).includes(weddingId)) {
        throw missing('There is no such wedding')
      }
      return pageOfRecords(context, caller, weddingId, query, await people(caller.team))
    })
    response.json(reply)
  }
}

async function pageOfRecords(
  { stores: { changes } }: ServerContext,
  { grant: { role } }: Caller,
  weddingId: string,
  { table, cursor, limit, deleted }: z.infer<typeof recordsQuery>,
  people: People,
): Promise<RecordsReply> {
  const records: RecordRow[] = []
  const from = { ...(table !== undefined && { table }), ...(cursor !== undefined && { after: cursor.toLowerCase() }) }
  for await (const record of recordsIn(changes, weddingId, from, limit + 1)) {
    const row = rowOf(record, role, people)
    if (!row || (row.deleted && !deleted)) continue
    if (records.length === limit) return { records, cursor: records.at(-1)?.id ?? null, hasMore: true }
    records.push(row)
  }
  return { records, cursor: records.at(-1)?.id ?? null, hasMore: false }
}

function rowOf(record: CausalRecord, role: Role, people: People): RecordRow | undefined {
  const part = readablePart(record, role)
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
