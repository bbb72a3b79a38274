import { indexNameOf } from './catalogue.ts'
import type { IndexRange } from './indexes.ts'
import type { Database, Statement } from './open.ts'
import type { SortKey } from './sortKeys.ts'

/** A document as it lies in its table. */
export type StoredRow = { id: string; seq: number; deleted: boolean; data: string; keys: readonly SortKey[] }

/** A document as it is read, with its place in the change order. */
type Placed = { seq: number; data: string }

type Value = string | number

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
  readonly #keyColumns: readonly string[]
  readonly #find: Statement<[string], string>
  readonly #findPlaced: Statement<[string], Placed>
  readonly #findLive: Statement<[string], string>
  readonly #insert: Statement<Value[]>
  readonly #last: Statement<[string], number>
  readonly #changes: Statement<[number, number], Placed>
  readonly #purge: Statement<[number, number]>
  readonly #updates = new Map<string, Statement<Value[]>>()
  readonly #reads = new Map<string, Statement<Value[], string>>()
  readonly #counts = new Map<string, Statement<Value[], number>>()

  constructor(database: Database, name: string, keyColumns: readonly string[]) {
    this.name = name
    this.#database = database
    this.#keyColumns = keyColumns
    const columns = ['seq', 'deleted', 'data', ...keyColumns]
    const values = columns.map(() => '?').join(', ')
    this.#find = database.prepare<[string], string>(`SELECT data FROM ${name} WHERE id = ?`).pluck()
    this.#findPlaced = database.prepare<[string], Placed>(`SELECT seq, data FROM ${name} WHERE id = ?`)
    this.#findLive = database.prepare<[string], string>(`SELECT data FROM ${name} WHERE id = ? AND deleted = 0`).pluck()
    this.#insert = database.prepare(`INSERT INTO ${name} (${columns.join(', ')}, id) VALUES (${values}, ?)`)
    this.#last = database
      .prepare<[string], number>(
        `SELECT max(last_seq, coalesce((SELECT max(seq) FROM ${name}), 0)) FROM rx_collections WHERE table_name = ?`,
      )
      .pluck()
    this.#changes = database.prepare(`SELECT seq, data FROM ${name} WHERE seq > ? ORDER BY seq LIMIT ?`)
    this.#purge = database.prepare(
      `DELETE FROM ${name} WHERE id IN (
        SELECT id FROM ${name} INDEXED BY ${indexNameOf(name, 'tombstones')}
          WHERE deleted = 1 AND json_extract(data, '$._meta.lwt') <= ? LIMIT ?)`,
    )
  }

  find(id: string, withDeleted: boolean): string | undefined {
    return isStorableId(id) ? (withDeleted ? this.#find : this.#findLive).get(id) : undefined
  }

  /** Also a deleted one, with its place in the change order. */
  findPlaced(id: string): Placed | undefined {
    return isStorableId(id) ? this.#findPlaced.get(id) : undefined
  }

  insert(row: StoredRow): void {
    this.#insert.run(...valuesOf(row))
  }

  /**
   * @param before what lies there. A column that keeps its value is not set: SQLite would take its entry out of each index and
   * put it in again, and with ids in the index that is a page for each.
   */
  update({ seq, deleted, data, keys, id }: StoredRow, before: Pick<StoredRow, 'deleted' | 'keys'>): void {
    const columns = ['seq', 'data']
    const values: Value[] = [seq, data]
    if (deleted !== before.deleted) {
      columns.push('deleted')
      values.push(deleted ? 1 : 0)
    }
    for (const [i, column] of this.#keyColumns.entries()) {
      const key = keys[i]
      if (key === undefined || key === before.keys[i]) continue
      columns.push(column)
      values.push(key)
    }
    const sql = `UPDATE ${this.name} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`
    const update = remembered(this.#updates, sql, () => this.#database.prepare<Value[]>(sql))
    update.run(...values, id)
  }

  /** The last number that was given out. Rows that get the next ones have to be written in the same transaction. */
  lastSeq(): number {
    const last = this.#last.get(this.name)
    if (last === undefined) throw new Error(`table ${this.name} has lost its counter`)
    return last
  }

  changesSince(seq: number, limit: number): Placed[] {
    return this.#changes.all(seq, limit)
  }

  /** Removes up to `limit` tombstones that were written at `newestLwt` or before, and returns how many. */
  purge(newestLwt: number, limit: number): number {
    return this.#purge.run(newestLwt, limit).changes
  }

  /** Documents of an index range in index order, one at a time. Nothing can be written before the end of the loop. */
  iterate(range: IndexRange): IterableIterator<string> {
    const { where, values } = conditionOf(range)
    return this.#read(range, where).iterate(...values, NO_LIMIT, 0)
  }

  read(range: IndexRange, limit: number, offset: number): string[] {
    const { where, values } = conditionOf(range)
    return this.#read(range, where).all(...values, limit, offset)
  }

  count(range: IndexRange): number {
    const { where, values } = conditionOf(range)
    const sql = `SELECT count(*) ${this.#from(range)} WHERE ${where}`
    const count = remembered(this.#counts, sql, () => this.#database.prepare<Value[], number>(sql).pluck())
    return count.get(...values) ?? 0
  }

  #read(range: IndexRange, where: string): Statement<Value[], string> {
    const order = range.columns.join(', ')
    const sql = `SELECT data ${this.#from(range)} WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`
    return remembered(this.#reads, sql, () => this.#database.prepare<Value[], string>(sql).pluck())
  }

  /** `INDEXED BY` turns a plan that does not use the index into an error instead of a slow query. */
  #from({ indexName }: IndexRange): string {
    return `FROM ${this.name} ${indexName === undefined ? 'NOT INDEXED' : `INDEXED BY ${indexNameOf(this.name, indexName)}`}`
  }
}

/**
 * A range of rows of keys as SQL. Leading columns that have one value only are compared as such, which SQLite does
 * faster: `deleted = ? AND (a, b) >= (?, ?) AND (a, b) < (?, ?)`.
 */
function conditionOf({ columns, lower, upper, includesLower, includesUpper }: IndexRange): {
  where: string
  values: SortKey[]
} {
  const differing = columns.findIndex((_column, position) => lower[position] !== upper[position])
  const fixed = differing === -1 ? columns.length - 1 : differing
  const row = `(${columns.slice(fixed).join(', ')})`
  const marks = `(${columns.slice(fixed).fill('?').join(', ')})`
  const equal = columns.slice(0, fixed).map((column) => `${column} = ?`)
  const from = `${row} ${includesLower ? '>=' : '>'} ${marks}`
  const to = `${row} ${includesUpper ? '<=' : '<'} ${marks}`
  return {
    where: [...equal, from, to].join(' AND '),
    values: [...lower, ...upper.slice(fixed)],
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
