/** Run as a process of its own, to be killed: writes records until then, and prints the id of each that is safe. */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openPostgresStore } from '../../../server/changes/postgres.ts'
import { timelineItem } from './people.ts'

const [, , dataDir = '', scope = ''] = process.argv
const store = await openPostgresStore({ dataDir })
for (;;) {
  const record = timelineItem(scope, { title: 'Ceremony' }, undefined, randomUUID())
  await store.changes.update([record.id], () => [{ record }])
  writeSync(process.stdout.fd, `${record.id}\n`)
}
