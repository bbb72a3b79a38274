import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { grouped } from '../audit/grouped.ts'
import type { Database } from '../storage/open.ts'

const MAX_GROUP = 500

const row = z.object({ key: z.string(), value: z.string() })

interface Fact {
  readonly key: string
  /** As JSON; `undefined` takes the fact away. */
  readonly text: string | undefined
}

/**
 * Small durable facts of this install: identity, cursors, join secrets, quarantine. Facts that are written
 * at the same time go to disk together.
 * @param now wall clock, ms since 1970 UTC; with each fact goes when it was last written
 */
export function openSqliteState(database: Database, now: () => number): StateStore {
  const get = database.prepare('SELECT key, value FROM state WHERE key = ?')
  const set = database.prepare(
    `INSERT INTO state (key, value, at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at`,
  )
  const remove = database.prepare('DELETE FROM state WHERE key = ?')
  const list = database.prepare('SELECT key, value FROM state WHERE substr(key, 1, ?) = ? AND key >= ? ORDER BY key')
  const write = database.transaction((facts: readonly Fact[]) => {
    for (const { key, text } of facts) {
      // `undefined` is what `get` answers for a key that is not there.
      if (text === undefined) remove.run(key)
      else set.run(key, text, now())
    }
  })
  const add = grouped(async (facts: readonly Fact[]) => write.immediate(facts), MAX_GROUP)

  return {
    async get(key) {
      const found = get.get(key)
      return found === undefined ? undefined : JSON.parse(row.parse(found).value)
    },
    set: (key, value) => add({ key, text: JSON.stringify(value) }),
    async list(prefix) {
      const found = list.all(prefix.length, prefix, prefix).map((entry) => row.parse(entry))
      return new Map(found.map(({ key, value }) => [key, JSON.parse(value)]))
    },
  }
}
