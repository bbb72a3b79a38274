/** What one would write without RxDB: the same JSON, one table, one index; the connection is opened as ours is. */
import type { Database } from '../../server/storage/open.ts'
import type { Contender, Document } from './storageTasks.ts'

export function rawContender(database: Database): Contender {
  database.exec(`
    CREATE TABLE IF NOT EXISTS docs (id TEXT NOT NULL PRIMARY KEY, scope TEXT NOT NULL, data TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS docs_by_scope ON docs (scope, id);`)
  const insert = database.prepare<[string, string, string]>('INSERT INTO docs (id, scope, data) VALUES (?, ?, ?)')
  const byScope = database.prepare<[string], string>('SELECT data FROM docs WHERE scope = ? ORDER BY scope, id').pluck()
  const byId = database.prepare<[string], string>('SELECT data FROM docs WHERE id = ?').pluck()
  const writeAll = database.transaction((documents: readonly Document[]) => {
    for (const document of documents) insert.run(document.id, document.scope, JSON.stringify(document))
  })
  const parse = (data: string): unknown => JSON.parse(data)
  return {
    write: async (documents) => writeAll.immediate(documents),
    query: (scope) => async () => byScope.all(scope).map(parse),
    async find(ids) {
      const found: unknown[] = []
      for (const id of ids) {
        const data = byId.get(id)
        if (data !== undefined) found.push(parse(data))
      }
      return found
    },
  }
}
