/** Run as a process of its own, to be killed: gives a database another key. */
import { writeSync } from 'node:fs'
import { openDatabase, rekey } from '../../../server/storage/open.ts'

const [, , file = '', before = '', after = ''] = process.argv
const opened = openDatabase(file, Buffer.from(before, 'hex'))
if (!opened.ok) throw new Error(opened.error.detail)
writeSync(process.stdout.fd, 'begins\n')
const changed = rekey(opened.value, Buffer.from(after, 'hex'))
writeSync(process.stdout.fd, changed.ok ? 'done\n' : `${changed.error.detail}\n`)
