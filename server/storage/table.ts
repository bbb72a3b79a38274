import { indexNameOf } from './catalogue.ts'
import type { IndexRange } from './indexes.ts'
import type { Database, Statement } from './open.ts'

/** A document as it lies in its table. */
export type StoredRow = { id: string; seq: number; deleted: boolean; data: string; keys: readonly Buffer[] }

type Value = string | number | Buffer
type RangeParameters = [lower: Buffer, upper: Buffer, limit: number, offset: number]

/** SQLite's way to say that there is no limit. */
export const NO_LIMIT = -1

/**
 * Half a surrogate pair has no UTF-8. SQLite would get a replacement character instead, and two keys could become one.
 */
export function isStorableId(id: string): boolean {
  return id.isWellFormed()
}

/** The SQL of one document table, each statement prepared once. Knows rows, not RxDB. */
export class DocumentTable {
  readonly name: string
  readonly #database: Database
  readonly #find: Statement<[string], string>
  readonly #findLive: Statement<[string], string>
  readonly #insert: Statement<Value[]>
  readonly #update: Statement<Value[]>
  readonly #count: Statement<[number, string], number>
  readonly #changes: Statement<[number, number], { seq: number; data: string }>
  readonly #purge: Statement<[number, number]>
  readonly #reads = new Map<string, Statement<RangeParameters, string>>()
  readonly #counts = new Map<string, Statement<[Buffer, Buffer], number>>()

  constructor(database: Database, name: string, indexColumns: readonly string[]) {
    this.name = name
    this.#database = database
    const columns = ['seq', 'deleted', 'data', ...indexColumns]
    const values = columns.map(() => '?').join(', ')
    const assignments = columns.map((column) => `${column} = ?`).join(', ')
    this.#find = database.prepare<[string], string>(`SELECT data FROM ${name} WHERE id = ?`).pluck()
    this.#findLive = database.prepare<[string], string>(`SELECT data FROM ${name} WHERE id = ? AND deleted = 0`).pluck()
    this.#insert = database.prepare(`INSERT INTO ${name} (${columns.join(', ')}, id) VALUES (${values}, ?)`)
    this.#update = database.prepare(`UPDATE ${name} SET ${assignments} WHERE id = ?`)
    this.#count = database
      .prepare<[number, string], number>(
        'UPDATE rx_collections SET last_seq = last_seq + ? WHERE table_name = ? RETURNING last_seq',
      )
      .pluck()
    this.#changes = database.prepare(`SELECT seq, data FROM ${name} WHERE seq > ? ORDER BY seq LIMIT ?`)
    this.#purge = database.prepare(
      `DELETE FROM ${name} WHERE id IN (
        SELECT id FROM ${name} WHERE deleted = 1 AND json_extract(data, '$._meta.lwt') <= ? LIMIT ?)`,
    )
  }

  find(id: string, withDeleted: boolean): string | undefined {
    return isStorableId(id) ? (withDeleted ? this.#find : this.#findLive).get(id) : undefined
  }

  insert(row: StoredRow): void {
    this.#insert.run(...valuesOf(row))
  }

  update(row: StoredRow): void {
    this.#update.run(...valuesOf(row))
  }

  /**
   * Counts on by `amount`, in the transaction of the rows that get the numbers.
   * @returns the last of them
   */
  takeSeqs(amount: number): number {
    const last = this.#count.get(amount, this.name)
    if (last === undefined) throw new Error(`table ${this.name} has lost its counter`)
    return last
  }

  changesSince(seq: number, limit: number): { seq: number; data: string }[] {
    return this.#changes.all(seq, limit)
  }

  /** Removes up to `limit` tombstones that were written at `newestLwt` or before, and returns how many. */
  purge(newestLwt: number, limit: number): number {
    return this.#purge.run(newestLwt, limit).changes
  }

  /** Documents of an index range in index order, one at a time. Nothing can be written before the end of the loop. */
  iterate(range: IndexRange): IterableIterator<string> {
    return this.#read(range).iterate(range.lower, range.upper, NO_LIMIT, 0)
  }

  read(range: IndexRange, limit: number, offset: number): string[] {
    return this.#read(range).all(range.lower, range.upper, limit, offset)
  }

  count(range: IndexRange): number {
    const sql = `SELECT count(*) ${this.#rangeSql(range)}`
    const count = remembered(this.#counts, sql, () => this.#database.prepare<[Buffer, Buffer], number>(sql).pluck())
    return count.get(range.lower, range.upper) ?? 0
  }

  #read(range: IndexRange): Statement<RangeParameters, string> {
    const sql = `SELECT data ${this.#rangeSql(range)} ORDER BY ${range.column} LIMIT ? OFFSET ?`
    return remembered(this.#reads, sql, () => this.#database.prepare<RangeParameters, string>(sql).pluck())
  }

  /** `INDEXED BY` turns a plan that does not use the index into an error instead of a slow query. */
  #rangeSql({ column, includesLower, includesUpper }: IndexRange): string {
    const from = `${column} ${includesLower ? '>=' : '>'} ?`
    const to = `${column} ${includesUpper ? '<=' : '<'} ?`
    return `FROM ${this.name} INDEXED BY ${indexNameOf(this.name, column)} WHERE ${from} AND ${to}`
  }
}

function remembered<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make()
  cache.set(key, made)
  return made
}

function valuesOf({ seq, deleted, data, keys, id }: StoredRow): Value[] {
  return [seq, deleted ? 1 : 0, data, ...keys, id]
}
