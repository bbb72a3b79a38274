/** What records were: the vectors of each committed state, and the values that were replaced. */
import { z } from 'zod'
import { type CausalRecord, recordVersion } from '../../model/merge/record.ts'
import type { Vector } from '../../model/merge/vector.ts'
import type { History, Superseded } from '../../model/sync/changeStore.ts'
import { supersededValues } from '../../model/sync/superseded.ts'
import type { Queries } from './postgresConnection.ts'
import { parseRows, toColumn } from './postgresRows.ts'

/** A state that is being committed, with the state that it replaces. */
export interface Committed {
  readonly before: CausalRecord | undefined
  readonly after: CausalRecord
  readonly seq: number
}

/** Writes history down within the transaction of the commit itself. */
export async function keepHistory(sql: Queries, commits: readonly Committed[], ms: number): Promise<void> {
  await sql.query(
    `INSERT INTO versions (record_id, seq, version, vectors, at)
     SELECT record_id, seq, version, vectors, $5
     FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS new (record_id, seq, version, vectors)`,
    [
      commits.map(({ after }) => toColumn(after.id)),
      commits.map(({ seq }) => seq),
      commits.map(({ after }) => recordVersion(after)),
      commits.map(({ after }) => encodeVectors(after)),
      ms,
    ],
  )
  const lost = commits.flatMap(({ before, after }) =>
    supersededValues(before, after).map((value) => ({ recordId: after.id, value })),
  )
  await addLost(sql, lost, ms)
}

interface Lost {
  readonly recordId: string
  readonly value: Superseded
}

async function addLost(sql: Queries, lost: readonly Lost[], ms: number): Promise<void> {
  if (lost.length === 0) return
  await sql.query(
    `INSERT INTO history (record_id, value, at)
     SELECT record_id, value, $3 FROM unnest($1::text[], $2::text[]) AS new (record_id, value)`,
    [lost.map(({ recordId }) => toColumn(recordId)), lost.map(({ value }) => JSON.stringify(value)), ms],
  )
}

/** @param now wall clock, ms since 1970 UTC */
export function postgresHistory(sql: Queries, now: () => number): History {
  return {
    async vectorsAt(recordId, moment) {
      const [condition, value] = 'version' in moment ? ['version =', moment.version] : ['at <=', moment.ms]
      const [row] = parseRows(
        vectorsRow,
        await sql.query(
          `SELECT vectors FROM versions WHERE record_id = $1 AND ${condition} $2 ORDER BY seq DESC LIMIT 1`,
          // A time may come with a fraction of a millisecond, which the column does not have.
          [toColumn(recordId), Math.floor(value)],
        ),
      )
      return row && decodeVectors(row.vectors)
    },
    async superseded(recordId) {
      const rows = await sql.query('SELECT value FROM history WHERE record_id = $1 ORDER BY id', [toColumn(recordId)])
      return parseRows(historyRow, rows).map(({ value }): Superseded => {
        const { decided, replacedBy, ...rest } = superseded.parse(JSON.parse(value))
        return { ...rest, ...(decided && { decided }), ...(replacedBy && { replacedBy }) }
      })
    },
    async keep(recordId, values) {
      const lost = values.map((value) => ({ recordId, value }))
      await addLost(sql, lost, Math.floor(now()))
    },
  }
}

const vectorsRow = z.object({ vectors: z.string() })
const historyRow = z.object({ value: z.string() })
/** Lists of pairs, since a name of a class or actor as a key of an object might be `__proto__`. */
const vectors = z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.number()]))]))
const dot = z.object({ actor: z.string(), counter: z.number(), stamp: z.string() })
const superseded = dot.extend({
  readClass: z.string(),
  register: z.string(),
  value: z.unknown(),
  decided: z.object({ conflictId: z.string(), strategy: z.string() }).optional(),
  replacedBy: dot.optional(),
})

function encodeVectors(record: CausalRecord): string {
  return JSON.stringify([...record.units].map(([readClass, unit]) => [readClass, [...unit.vector]]))
}

function decodeVectors(text: string): ReadonlyMap<string, Vector> {
  return new Map(vectors.parse(JSON.parse(text)).map(([readClass, counters]) => [readClass, new Map(counters)]))
}
