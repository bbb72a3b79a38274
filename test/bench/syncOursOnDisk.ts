import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../model/merge/clock.ts'
import { newActor } from '../../server/changes/actors.ts'
import { openSqliteStore } from '../../server/changes/sqlite.ts'
import { type BenchReplica, oursWith } from './syncOurs.ts'

/** Ours as an install has it: the server and each device on an encrypted file of its own, which waits for the disk. */
export const adapter = oursWith({ open: openOnDisk })

let isOpen = false

async function openOnDisk(name: string): Promise<BenchReplica> {
  // Its RxDB database has one name, and RxDB opens no two of a name: as an install is one process, and has one store.
  if (isOpen) throw new Error('it has one device a process, and this needs ten')
  isOpen = true
  const opened = await openSqliteStore(join(mkdtempSync(join(tmpdir(), `${name}-`)), 'records.db'), randomBytes(32))
  if (!opened.ok) throw new Error(opened.error.detail)
  const { changes, state } = opened.value
  const clock = createClock(Date.now)
  const actor = newActor()
  return { name, changes, state, author: () => ({ actor, stamp: clock.next() }) }
}
