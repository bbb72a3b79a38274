/**
 * Stand-in for Electron's utility process: a plain Node process whose IPC channel plays `process.parentPort`. It proves
 * our code on both ends of the channel, not Electron.
 *
 *     fork('electronStandIn.ts', ['/path/to/server/electron.ts'])
 */
import { pathToFileURL } from 'node:url'
import { PortLink, type StandInPort } from './electronStandInPorts.ts'
import { toStandIn } from './electronStandInServer.ts'

const [, , entry] = process.argv
if (entry === undefined || process.send === undefined) throw new Error('to be forked with the entry as its argument')

type Listener = (event: { readonly data: unknown; readonly ports: readonly StandInPort[] }) => void
const listeners: Listener[] = []
const link = new PortLink((frame) => process.send?.({ frame }))

Object.assign(process, {
  parentPort: {
    on: (_event: 'message', listener: Listener) => listeners.push(listener),
    postMessage: (message: object) => process.send?.({ message }),
  },
})
process.on('message', (raw) => {
  const { message, ports, frame } = toStandIn.parse(raw)
  if (frame) link.receive(frame)
  else for (const listener of listeners) listener({ data: message, ports: ports.map((name) => link.take(name)) })
})
// Chromium ends its utility processes when the main process is gone.
process.on('disconnect', () => process.exit(1))

await import(pathToFileURL(entry).href)
