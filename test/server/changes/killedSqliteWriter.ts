/** Run as a process of its own, to be killed: writes and edits until then, and prints each record that is safe. */
import { writeSync } from 'node:fs'
import { createClock } from '../../../model/merge/clock.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { recordVersion } from '../../../model/merge/record.ts'
import { openSqliteStore } from '../../../server/changes/sqlite.ts'

const [, , file = '', keyHex = '', ...scopes] = process.argv
const opened = await openSqliteStore(file, Buffer.from(keyHex, 'hex'))
if (!opened.ok) throw new Error(opened.error.detail)
const { changes } = opened.value
const clock = createClock(Date.now)
const author = () => ({ actor: changes.epoch, stamp: clock.next() })

/** Several writers at once, so that a kill also meets a burst that waits for one commit. */
async function writeFor(scope: string): Promise<never> {
  for (let i = 0; ; i++) {
    const id = crypto.randomUUID()
    const record = createRecord({ id, scope, table: 'guests', data: { name: `Guest ${i}` } }, author())
    await changes.update([id], () => [{ record }])
    writeSync(process.stdout.fd, `${id} ${recordVersion(record)}\n`)
    if (i % 2 === 0) continue
    let version = 0
    await changes.update([id], (current) => {
      const before = current.get(id)
      if (!before) return []
      const after = editRecord(before, { name: `Guest ${i}, again` }, author())
      version = recordVersion(after)
      return [{ record: after }]
    })
    writeSync(process.stdout.fd, `${id} ${version}\n`)
  }
}

await Promise.all(scopes.flatMap((scope) => [writeFor(scope), writeFor(scope), writeFor(scope)]))
