/** Run as a process of its own, which has nothing else to do: writes until the thread has begun, closes, and says so. */

import { startCheckpoints } from '../../../server/storage/checkpoints.ts'
import { openDatabase } from '../../../server/storage/open.ts'

const [, , file = '', keyHex = ''] = process.argv
const key = Buffer.from(keyHex, 'hex')
const database = openDatabase(file, key)
if (!database.ok) throw new Error(database.error.detail)
const checkpoints = startCheckpoints(database.value, { file, key })
database.value.exec('CREATE TABLE notes (text TEXT NOT NULL)')
checkpoints.note(1_000)
await checkpoints.close()
database.value.close()
process.stdout.write('closed')
