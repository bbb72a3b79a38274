/** The change log of each scope, read from SQL. */
import { z } from 'zod'
import { type ChangePage, type ChangeStore, lazyChange } from '../../model/sync/changeStore.ts'
import type { Sql } from './postgresConnection.ts'
import type { Announcer } from './postgresListener.ts'
import { readRows, readTogether } from './postgresRead.ts'
import { fromColumn, fromDocument, fromStored, parseRows, storedIn, toColumn, whole } from './postgresRows.ts'
import { createUpdate } from './postgresUpdate.ts'

export interface ChangeStoreParts {
  readonly sql: Sql
  readonly epoch: string
  readonly announcer: Announcer
  /** How this process signs its notices to others. */
  readonly sender: string
  readonly now: () => number
}

const docRow = z.object({ doc: z.string() })
const scopeRow = z.object({ scope: z.string() })
const countRow = z.object({ count: whole })
const headRow = scopeRow.extend({ seq: whole })
/** `head` of the scope beside each change; one row without a change if there is none. */
const changeRow = z.object({
  head: whole,
  seq: whole.nullable(),
  doc: z.string().nullable(),
  origin: z.string().nullable(),
})

export function postgresChangeStore({ sql, epoch, announcer, sender, now }: ChangeStoreParts): ChangeStore {
  const read = readTogether((ids) => readRows(sql, ids))
  const heads = readTogether((scopes) => readHeads(sql, scopes))
  const update = createUpdate({ sql, read, epoch, now, sender })
  return {
    epoch,
    async records(ids) {
      // Each caller decodes for itself: one bad record is no other caller's fault.
      return new Map([...(await read(ids))].map(([id, { doc }]) => [id, fromDocument(doc)]))
    },
    async inScope(scope, { table, after, limit } = {}) {
      const parameters: unknown[] = [toColumn(scope)]
      const conditions = ['scope = $1']
      if (table !== undefined) conditions.push(`tbl = $${parameters.push(toColumn(table))}`)
      if (after !== undefined) conditions.push(`id > $${parameters.push(toColumn(after))}`)
      const bound = limit === undefined ? '' : `LIMIT $${parameters.push(limit)}`
      const rows = await sql.query(
        `SELECT doc FROM records WHERE ${conditions.join(' AND ')} ORDER BY id ${bound}`,
        parameters,
      )
      return parseRows(docRow, rows).map(({ doc }) => fromDocument(doc))
    },
    async update(ids, change) {
      const changed = await update(ids, change)
      for (const scope of changed) announcer.announce(scope)
    },
    subscribe: (listener) => announcer.subscribe(listener),
    async scopes() {
      const rows = await sql.query('SELECT scope FROM scopes WHERE seq > 0 ORDER BY scope')
      return parseRows(scopeRow, rows).map(({ scope }) => fromColumn(scope))
    },
    head: async (scope) => (await heads([scope])).get(scope) ?? 0,
    heads,
    async changesSince(scope, seq, { limit, except, tables }) {
      // One statement, hence one snapshot: the head belongs to the very changes beside it. One row more than asked for
      // tells whether there is more.
      const rows = await sql.query(
        `SELECT scopes.seq AS head, page.seq, page.doc, page.origin
         FROM scopes LEFT JOIN LATERAL (
           SELECT seq, doc, origin FROM records
           WHERE scope = scopes.scope AND seq > $2 AND ($4::text IS NULL OR origin IS DISTINCT FROM $4::text)
             AND ($5::text[] IS NULL OR tbl = ANY($5::text[])) AND ($6::text[] IS NULL OR tbl <> ALL($6::text[]))
           ORDER BY seq LIMIT $3
         ) AS page ON true
         WHERE scopes.scope = $1 ORDER BY page.seq`,
        [
          toColumn(scope),
          seq,
          limit + 1,
          except === undefined ? null : toColumn(except),
          tables && 'only' in tables ? tables.only.map(toColumn) : null,
          tables && 'not' in tables ? tables.not.map(toColumn) : null,
        ],
      )
      return pageOf(parseRows(changeRow, rows), limit)
    },
    async countSince(scope, seq, except) {
      const rows = await sql.query(
        `SELECT count(*) AS count FROM records
         WHERE scope = $1 AND seq > $2 AND ($3::text IS NULL OR origin IS DISTINCT FROM $3::text)`,
        [toColumn(scope), seq, except === undefined ? null : toColumn(except)],
      )
      return parseRows(countRow, rows)[0]?.count ?? 0
    },
  }
}

async function readHeads(sql: Sql, scopes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.query('SELECT scope, seq FROM scopes WHERE scope = ANY($1::text[]) AND seq > 0', [
    scopes.map(toColumn),
  ])
  return new Map(parseRows(headRow, rows).map(({ scope, seq }) => [fromColumn(scope), seq]))
}

function pageOf(rows: readonly z.infer<typeof changeRow>[], limit: number): ChangePage {
  const changes = rows
    .slice(0, limit)
    .flatMap(({ seq, doc, origin }) =>
      seq === null || doc === null
        ? []
        : [lazyChange(seq, origin === null ? '' : fromColumn(origin), () => storedIn(doc), fromStored)],
    )
  const more = rows.length > limit
  // Once exhausted, the log was read to its head, over whatever was left out at the end.
  const upTo = (more ? changes.at(-1)?.seq : rows[0]?.head) ?? 0
  return { changes, upTo, more }
}
