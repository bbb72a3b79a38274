/** Run as a process of its own: opens the folder that it is told, says on one line how that went, and stays if it has it. */
import { describeDataDirError, openDataDir } from '../../../server/identity/dataDir.ts'

function report(dir: string): unknown {
  const opened = openDataDir(dir)
  if (!opened.ok) return { opened: false, error: opened.error, says: describeDataDirError(opened.error) }
  opened.value.describeHolder({ role: 'hub', url: 'http://127.0.0.1:4700' })
  setInterval(() => undefined, 60_000)
  return { opened: true, key: Buffer.from(opened.value.key).toString('hex') }
}

const line = JSON.stringify(report(process.argv[2] ?? ''))
// Nobody here keeps the handle, and the folder must stay locked all the same.
for (let round = 0; round < 3; round++) {
  await new Promise((resolve) => setTimeout(resolve, 10))
  globalThis.gc?.()
}
console.log(line)
