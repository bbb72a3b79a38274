/** `GET /records/:id/history` (`cli.md`). */
import type { CausalRecord } from '../../model/merge/record.ts'
import { recordId } from '../../model/rest/common.ts'
import type { Caller, ServerContext } from './context.ts'
import { missing } from './errors.ts'
import { fieldHistory } from './fieldHistory.ts'
import type { PeopleOf } from './people.ts'
import { readablePart, weddingsFor } from './reading.ts'
import type { Handlers } from './router.ts'
import { sightOf } from './sight.ts'

export function historyHandlers(context: ServerContext, people: PeopleOf): Pick<Handlers, 'history'> {
  return {
    async history({ caller, params }) {
      const record = await readableRecord(context, caller, recordId.safeParse(params.id).data)
      const superseded = await context.stores.history.superseded(record.id)
      // Values of a class that the caller may not read are history that they may not read either.
      const readable = superseded.filter(({ readClass }) => record.units.has(readClass))
      return { entries: fieldHistory(record, readable, await people(caller.team)) }
    },
  }
}

/** What the caller may read of the record. Throws 404, the same for one that does not exist and one of somebody else. */
async function readableRecord(context: ServerContext, caller: Caller, id: string | undefined): Promise<CausalRecord> {
  const record = id === undefined ? undefined : (await context.stores.changes.records([id])).get(id)
  const part = record && readablePart(record, (await sightOf(context, caller)).view)
  if (!part || !(await weddingsFor(context, caller)).includes(part.scope)) throw missing('There is no such record')
  return part
}
