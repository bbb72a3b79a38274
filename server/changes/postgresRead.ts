/**
 * The small reads of requests. Fifty clients ask for much the same at once, and a statement costs more than what it reads: so those
 * that come while one is under way go together in the next.
 */
import { z } from 'zod'
import { grouped } from './grouped.ts'
import type { Queries } from './postgresConnection.ts'
import { fromColumn, parseRows, toArray, toColumn, whole } from './postgresRows.ts'

/** A record as it stands in the database. */
export interface StoredRow {
  readonly seq: number
  readonly doc: string
}

/** @returns those of the records that exist, by id */
export type ReadRows = (ids: readonly string[]) => Promise<ReadonlyMap<string, StoredRow>>

const row = z.object({ id: z.string(), seq: whole, doc: z.string() })

export async function readRows(sql: Queries, ids: readonly string[]): ReturnType<ReadRows> {
  if (ids.length === 0) return new Map()
  const found = await sql.query('SELECT id, seq, doc FROM records WHERE id = ANY($1::text[])', [
    toArray(ids.map(toColumn)),
  ])
  return new Map(parseRows(row, found).map(({ id, seq, doc }) => [fromColumn(id), { seq, doc }]))
}

const MAX_GROUP = 50

/**
 * Reads what is committed when it is called, or later.
 * @param read for any number of keys; of a key that is not there nothing
 */
export function readTogether<T>(
  read: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>,
): (keys: readonly string[]) => Promise<ReadonlyMap<string, T>> {
  const together = grouped(async (asked: readonly (readonly string[])[]) => {
    const found = await read([...new Set(asked.flat())])
    return asked.map(() => found)
  }, MAX_GROUP)
  return async (keys) => {
    if (keys.length === 0) return new Map()
    const found = await together(keys)
    return new Map(
      keys.flatMap((key) => {
        const value = found?.get(key)
        return value === undefined ? [] : [[key, value] as const]
      }),
    )
  }
}
