/** The change log of each scope, read from SQL. */
import { z } from 'zod'
import { type ChangePage, type ChangeQuery, type ChangeStore, lazyChange } from '../../model/sync/changeStore.ts'
import { grouped } from './grouped.ts'
import type { Sql } from './postgresConnection.ts'
import type { Announcer } from './postgresListener.ts'
import { readRows, readTogether } from './postgresRead.ts'
import { fromColumn, fromDocument, fromStored, parseRows, storedIn, toArray, toColumn, whole } from './postgresRows.ts'
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
  place: whole,
  head: whole,
  seq: whole.nullable(),
  doc: z.string().nullable(),
  origin: z.string().nullable(),
})

export function postgresChangeStore({ sql, epoch, announcer, sender, now }: ChangeStoreParts): ChangeStore {
  const read = readTogether((ids) => readRows(sql, ids))
  const heads = readTogether((scopes) => readHeads(sql, scopes))
  const changesSince = readPages(sql)
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
    changesSince,
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
    toArray(scopes.map(toColumn)),
  ])
  return new Map(parseRows(headRow, rows).map(({ scope, seq }) => [fromColumn(scope), seq]))
}

interface Asked {
  readonly scope: string
  readonly after: number
  readonly query: ChangeQuery
}

const MAX_PAGES = 50
/** Of several pages that are read together. Whoever is told that there is more comes again. */
const MAX_CHANGES = 1_000

/** Whoever refreshes what they know of a team's weddings asks for the news of many at once, and mostly of the same as others. */
function readPages(sql: Sql): ChangeStore['changesSince'] {
  const together = grouped(async (asked: readonly Asked[]) => {
    const pages = new Map<Asked, ChangePage>()
    for (const alike of Map.groupBy(asked, ({ query }) => JSON.stringify(query)).values()) {
      for (const [n, page] of (await readAlike(sql, alike)).entries()) {
        const each = alike[n]
        if (each) pages.set(each, page)
      }
    }
    return asked.map((each) => pages.get(each) ?? NO_PAGE)
  }, MAX_PAGES)
  return async (scope, after, query) => (await together({ scope, after, query })) ?? NO_PAGE
}

const NO_PAGE: ChangePage = { changes: [], upTo: 0, more: false }

/** @param asked all of them with the same query */
async function readAlike(sql: Sql, asked: readonly Asked[]): Promise<readonly ChangePage[]> {
  const { limit = 0, except, tables } = asked[0]?.query ?? {}
  const bound = Math.min(limit, asked.length === 1 ? limit : Math.ceil(MAX_CHANGES / asked.length))
  // One statement, hence one snapshot: the head belongs to the very changes beside it. One row more than asked for
  // tells whether there is more.
  const rows = await sql.query(
    `SELECT asked.place, scopes.seq AS head, page.seq, page.doc, page.origin
     FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (scope, after, place)
     JOIN scopes ON scopes.scope = asked.scope
     LEFT JOIN LATERAL (
       SELECT seq, doc, origin FROM records
       WHERE scope = scopes.scope AND seq > asked.after AND ($4::text IS NULL OR origin IS DISTINCT FROM $4::text)
         AND ($5::text[] IS NULL OR tbl = ANY($5::text[])) AND ($6::text[] IS NULL OR tbl <> ALL($6::text[]))
       ORDER BY seq LIMIT $3
     ) AS page ON true
     ORDER BY asked.place, page.seq`,
    [
      toArray(asked.map(({ scope }) => toColumn(scope))),
      toArray(asked.map(({ after }) => after)),
      bound + 1,
      except === undefined ? null : toColumn(except),
      tables && 'only' in tables ? toArray(tables.only.map(toColumn)) : null,
      tables && 'not' in tables ? toArray(tables.not.map(toColumn)) : null,
    ],
  )
  const byPlace = Map.groupBy(parseRows(changeRow, rows), ({ place }) => place)
  return asked.map((_, n) => pageOf(byPlace.get(n + 1) ?? [], bound))
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
