/**
 * What can still be read of a damaged database. Every page has its authentication tag, so a record that can be read is as
 * it was written; and joining it to the restored store is what would happen had a peer sent it. So what was typed since
 * the last backup survives, save what stood on the damaged pages.
 */
import { isEmptied, joinRecords } from '../../model/merge/record.ts'
import type { ChangeStore, Write } from '../../model/sync/changeStore.ts'
import { readRecord, recordTableOf } from '../changes/sqliteLog.ts'
import { type Database, openForReading } from '../storage/open.ts'

export interface Salvaged {
  /** Records that brought something which the restored store did not have. */
  readonly recovered: number
  /** Whether every record of the damaged file could be read. */
  readonly isWhole: boolean
}

const BATCH = 200

/** @param file set aside; it is only read */
export async function salvage(file: string, key: Uint8Array, changes: ChangeStore): Promise<Salvaged> {
  const opened = openForReading(file, key)
  if (!opened.ok) return { recovered: 0, isWhole: false }
  const database = opened.value
  try {
    const table = orDamaged(() => recordTableOf(database))
    if (table === undefined) return { recovered: 0, isWhole: false }
    return await joinReadable(database, table, changes)
  } finally {
    database.close()
  }
}

async function joinReadable(database: Database, table: string, changes: ChangeStore): Promise<Salvaged> {
  const lastSeq = lastSeqOf(database, table)
  const at = orDamaged(() => database.prepare<[number], string>(`SELECT data FROM ${table} WHERE seq = ?`).pluck())
  if (lastSeq === undefined || at === undefined) return { recovered: 0, isWhole: false }
  let [recovered, isWhole] = [0, true]
  let batch: string[] = []
  // One place of the log after the other, since a walk along the table would end at the first bad page.
  for (let seq = 1; seq <= lastSeq; seq++) {
    const data = orDamaged(() => at.get(seq) ?? null)
    if (data === undefined) isWhole = false
    else if (data !== null) batch.push(data)
    if (batch.length < BATCH && seq < lastSeq) continue
    recovered += await joinAll(batch, changes)
    batch = []
  }
  return { recovered, isWhole }
}

/** How far the log went, by whatever can be read: each of these is on other pages. */
function lastSeqOf(database: Database, table: string): number | undefined {
  const sources = [table, `${table} NOT INDEXED`, 'versions']
  const found = sources.flatMap(
    (source) =>
      orDamaged(() => database.prepare<[], number | null>(`SELECT max(seq) FROM ${source}`).pluck().get() ?? 0) ?? [],
  )
  return found.length === 0 ? undefined : Math.max(...found)
}

async function joinAll(batch: readonly string[], changes: ChangeStore): Promise<number> {
  const records = batch.map(readRecord).filter((record) => !isEmptied(record))
  let recovered = 0
  await changes.update(
    records.map(({ id }) => id),
    (current) => {
      const writes = records.flatMap((theirs): readonly Write[] => {
        const mine = current.get(theirs.id)
        const joined = mine ? joinRecords(mine, theirs) : ({ ok: true, value: theirs } as const)
        // Two states of one store cannot contradict each other; if they do, the backup is what was checked.
        return !joined.ok || joined.value === mine ? [] : [{ record: joined.value }]
      })
      recovered = writes.length
      return writes
    },
  )
  return recovered
}

/** `undefined` if it stands on a page that cannot be read. */
function orDamaged<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_')) return undefined
    throw error
  }
}
