import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import { commitQueueOf } from '../storage/commitQueue.ts'
import type { Database } from '../storage/open.ts'

const row = z.object({ key: z.string(), value: z.string() })

/** The last character there is, so that only what begins with a prefix is looked at. */
const LAST = '\u{10ffff}'

/**
 * Small durable facts of this install: identity, cursors, join secrets, quarantine. A fact goes to disk
 * together with whatever else is written then.
 * @param now wall clock, ms since 1970 UTC; with each fact goes when it was last written
 */
export function openSqliteState(database: Database, now: () => number): StateStore {
  const get = database.prepare('SELECT key, value FROM state WHERE key = ?')
  const set = database.prepare(
    `INSERT INTO state (key, value, at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at`,
  )
  const remove = database.prepare('DELETE FROM state WHERE key = ?')
  const list = database.prepare(
    'SELECT key, value FROM state WHERE key >= ? AND key < ? AND substr(key, 1, ?) = ? ORDER BY key',
  )
  const queue = commitQueueOf(database)

  return {
    async get(key) {
      const found = get.get(key)
      return found === undefined ? undefined : JSON.parse(row.parse(found).value)
    },
    async set(key, value) {
      const text: string | undefined = JSON.stringify(value)
      // `undefined` is what `get` answers for a key that is not there.
      await queue.write({ run: () => (text === undefined ? remove.run(key) : set.run(key, text, now())) })
    },
    async list(prefix) {
      const found = list.all(prefix, prefix + LAST, prefix.length, prefix).map((entry) => row.parse(entry))
      return new Map(found.map(({ key, value }) => [key, JSON.parse(value)]))
    },
  }
}
