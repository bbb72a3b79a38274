import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore, type SqliteStore } from '../../../server/changes/sqlite.ts'
import { changeStoreContract } from './contract.ts'

changeStoreContract('SQLite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'wedsync-sqlite-'))
  const key = randomBytes(32)
  let open = await openStore()

  async function openStore(): Promise<SqliteStore> {
    const store = await openSqliteStore(join(dir, 'wedsync.db'), key)
    if (!store.ok) throw new Error(store.error.detail)
    return store.value
  }

  const parts = () => ({ changes: open.changes, state: open.state, history: open.history })
  return {
    ...parts(),
    async close() {
      await open.close()
      rmSync(dir, { recursive: true, force: true })
    },
    async reopen() {
      await open.close()
      open = await openStore()
      return {
        ...parts(),
        async close() {
          await open.close()
          rmSync(dir, { recursive: true, force: true })
        },
      }
    },
  }
})
