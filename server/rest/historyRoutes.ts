/** `GET /records/:id/history` (`cli.md`). */
import type { RequestHandler, Router } from 'express'
import { z } from 'zod'
import type { CausalRecord } from '../../model/merge/record.ts'
import { recordId } from '../../model/rest/common.ts'
import type { HistoryReply } from '../../model/rest/history.ts'
import type { Caller, ServerContext } from './context.ts'
import { echoing, methodNotAllowed, missing, parseInput } from './errors.ts'
import { fieldHistory } from './fieldHistory.ts'
import type { PeopleOf } from './people.ts'
import { readablePart, weddingsFor } from './reading.ts'
import { callerOf } from './requestState.ts'

const params = z.object({ id: recordId })
const noQuery = z.object({})

export function addHistoryRoutes(router: Router, context: ServerContext, people: PeopleOf): void {
  const history: RequestHandler = async (request, response) => {
    const reply = await echoing({}, async (): Promise<HistoryReply> => {
      const caller = callerOf(request)
      parseInput(noQuery, request.query)
      const record = await readableRecord(context, caller, params.safeParse(request.params).data?.id)
      const superseded = await context.stores.history.superseded(record.id)
      // Values of a class that the caller may not read are history that they may not read either.
      const readable = superseded.filter(({ readClass }) => record.units.has(readClass))
      return { entries: fieldHistory(record, readable, await people(caller.team)) }
    })
    response.json(reply)
  }
  router.route('/records/:id/history').get(history).all(methodNotAllowed)
}

/** What the caller may read of the record. Throws 404, the same for one that does not exist and one of somebody else. */
async function readableRecord(context: ServerContext, caller: Caller, id: string | undefined): Promise<CausalRecord> {
  const record = id === undefined ? undefined : (await context.stores.changes.records([id])).get(id)
  const part = record && readablePart(record, caller.grant.role)
  if (!part || !(await weddingsFor(context, caller)).includes(part.scope)) throw missing('There is no such record')
  return part
}
