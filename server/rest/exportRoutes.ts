/** `GET /weddings/:id/export`: taken out by whoever may read it, and put on record. */

import { exportRecords } from '../../model/export/index.ts'
import { isSealed } from '../../model/merge/envelope.ts'
import { recordId } from '../../model/rest/common.ts'
import type { RecordRow } from '../../model/rest/records.ts'
import type { ServerContext } from './context.ts'
import { HttpError, missing } from './errors.ts'
import type { PeopleOf } from './people.ts'
import { recordsIn, weddingsFor } from './reading.ts'
import type { Handlers } from './router.ts'
import { sightOf } from './sight.ts'
import { rowOf } from './weddingsRoutes.ts'

export function exportHandlers(
  context: ServerContext,
  people: PeopleOf,
  now: () => number,
): Pick<Handlers, 'exportWedding'> {
  return {
    async exportWedding({ caller, origin, params, query: { format, table } }) {
      const id = recordId.safeParse(params.id).data
      if (id === undefined || !(await weddingsFor(context, caller)).includes(id)) {
        throw missing('There is no such wedding')
      }
      const details = { weddingId: id, format, ...(table !== undefined && { table }) }
      const subject = { event: 'export', resource: 'GET /weddings/:id/export', caller, origin, details } as const
      const work = async () => {
        const names = await people(caller.team)
        const { view } = await sightOf(context, caller)
        const rows: RecordRow[] = []
        for await (const record of recordsIn(context.stores.changes, id)) {
          const row = rowOf(record, view, names)
          if (row && !row.deleted) rows.push(row)
        }
        if (rows.some(({ data }) => Object.values(data).some(isSealed))) {
          throw new HttpError(409, 'SEALED', 'The values are sealed here: export the wedding from one of its devices')
        }
        const name = String(rows.find((row) => row.id === id)?.data.name ?? '')
        const wanted = table === undefined ? rows : rows.filter((row) => row.table === table)
        return exportRecords(format, wanted, { id, name, at: new Date(now()).toISOString() })
      }
      const { files, records, left } = await context.trail.run(subject, work, (done) => [
        { phase: 'done', details: { records: done.records, left: done.left.length } },
      ])
      return { files: [...files], records, left: [...left] }
    },
  }
}
