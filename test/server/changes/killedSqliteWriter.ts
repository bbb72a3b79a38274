/**
 * Run as a process of its own, to be killed: writes and edits until then, and prints each record that is safe; and `thread`
 * once, when enough was written for the thread that folds the log back to be at work (`checkpoints.ts`).
 */
import { writeSync } from 'node:fs'
import { createClock } from '../../../model/merge/clock.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, recordVersion } from '../../../model/merge/record.ts'
import { openSqliteStore } from '../../../server/changes/sqlite.ts'

const [, , file = '', keyHex = '', batch = '', ...scopes] = process.argv
const opened = await openSqliteStore(file, Buffer.from(keyHex, 'hex'))
if (!opened.ok) throw new Error(opened.error.detail)
const { changes, database } = opened.value
const clock = createClock(Date.now)
const author = () => ({ actor: changes.epoch, stamp: clock.next() })

const usualPages = logPages()
let isThreadTold = false

/** How long the log may get before the writing connection folds it back: longer with a thread. */
function logPages(): unknown {
  return database.pragma('wal_autocheckpoint', { simple: true })
}

function tell(records: readonly CausalRecord[]): void {
  writeSync(process.stdout.fd, records.map((record) => `${record.id} ${recordVersion(record)}\n`).join(''))
  if (isThreadTold || logPages() === usualPages) return
  isThreadTold = true
  writeSync(process.stdout.fd, 'thread\n')
}

/** Several writers at once, so that a kill also meets a burst that waits for one commit. */
async function writeFor(scope: string): Promise<never> {
  for (let i = 0; ; i++) {
    const records = Array.from({ length: Number(batch) }, (_, n) =>
      createRecord({ id: crypto.randomUUID(), scope, table: 'guests', data: { name: `Guest ${i}.${n}` } }, author()),
    )
    const ids = records.map(({ id }) => id)
    await changes.update(ids, () => records.map((record) => ({ record })))
    tell(records)
    if (i % 2 === 0) continue
    let edited: readonly CausalRecord[] = []
    await changes.update(ids, (current) => {
      edited = [...current.values()].map((before) => editRecord(before, { name: `Guest ${i}, again` }, author()))
      return edited.map((record) => ({ record }))
    })
    tell(edited)
  }
}

await Promise.all(scopes.flatMap((scope) => [writeFor(scope), writeFor(scope), writeFor(scope)]))
