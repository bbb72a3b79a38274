/**
 * Stand-in for Electron's utility process: a plain Node process whose IPC channel plays `process.parentPort`. It proves
 * our code on both ends of the channel, not Electron.
 *
 *     fork('electronStandIn.ts', ['/path/to/server/electron.ts'])
 */
import { pathToFileURL } from 'node:url'

const [, , entry] = process.argv
if (entry === undefined || process.send === undefined) throw new Error('to be forked with the entry as its argument')

Object.assign(process, {
  parentPort: {
    on(_event: 'message', listener: (event: { readonly data: unknown }) => void) {
      process.on('message', (data) => listener({ data }))
    },
    postMessage: (message: object) => process.send?.(message),
  },
})
// Chromium ends its utility processes when the main process is gone.
process.on('disconnect', () => process.exit(1))

await import(pathToFileURL(entry).href)
