/**
 * One process of the sync bench: the server of a library, or some devices with it. Told what to do over IPC.
 *
 * Whether a device holds what it is to hold is looked at when the library itself says that something has changed, for all of
 * them alike: once at the end of the turn of the event loop in which it said so, however often, and not again before the look
 * before it has ended. Who asks without being told would measure how cheaply a library answers. All devices of a process share its
 * loop, so a latency holds also what the others before it in the same process take.
 */
import { z } from 'zod'
import type { SyncAdapter, SyncDevice, SyncServer } from './syncAdapter.ts'

const fields = z.record(z.string(), z.union([z.string(), z.number()]))
const command = z.discriminatedUnion('do', [
  z.object({ do: z.literal('serve'), seed: z.array(fields.and(z.object({ id: z.string() }))) }),
  z.object({ do: z.literal('open'), port: z.number(), names: z.array(z.string()), address: z.string().optional() }),
  z.object({ do: z.literal('edit'), device: z.number(), edits: z.array(z.object({ id: z.string(), fields })) }),
  z.object({ do: z.literal('count'), count: z.number(), timeoutMs: z.number() }),
  z.object({ do: z.literal('await'), expected: z.array(z.object({ id: z.string(), fields })), timeoutMs: z.number() }),
  z.object({ do: z.literal('disconnect') }),
  z.object({ do: z.literal('connect') }),
  z.object({ do: z.literal('usage') }),
])
const numbered = z.object({ number: z.number() })
type Command = z.infer<typeof command>

/** A net for a change that nobody told of. */
const NET_MS = 250
let server: SyncServer | undefined
const devices: SyncDevice[] = []
/** Who waits for something of a device is told of its changes. */
const lookers = new Map<SyncDevice, () => void>()

const [, , path = ''] = process.argv
const { adapter } = (await import(path)) as { readonly adapter: SyncAdapter }

/** Wall clock, comparable between the processes of one machine. */
function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

async function carryOut(task: Command): Promise<unknown> {
  switch (task.do) {
    case 'serve':
      server = await adapter.serve()
      return { port: server.port, address: await server.seed(task.seed) }
    case 'open':
      for (const name of task.names) {
        const device = await adapter.open(task.port, name, task.address)
        device.onChange(() => lookers.get(device)?.())
        devices.push(device)
      }
      return undefined
    case 'edit':
      for (const { id, fields: changed } of task.edits) await devices[task.device]?.edit(id, changed)
      return wallMs()
    case 'count':
      return Promise.all(
        devices.map((device) => until(device, async () => (await device.count()) >= task.count, task.timeoutMs)),
      )
    case 'await':
      return Promise.all(devices.map((device) => until(device, () => holds(device, task.expected), task.timeoutMs)))
    case 'disconnect':
      return Promise.all(devices.map((device) => device.disconnect()))
    case 'connect':
      return Promise.all(devices.map((device) => device.connect()))
    case 'usage': {
      const { user, system } = process.cpuUsage()
      return { cpuMs: (user + system) / 1_000, peakMb: process.resourceUsage().maxRSS / 1_024 }
    }
  }
}

type Expected = Extract<Command, { do: 'await' }>['expected']

async function holds(device: SyncDevice, expected: Expected): Promise<boolean> {
  // Those that come last are looked at first.
  for (const { id, fields: wanted } of expected.toReversed()) {
    const record = await device.read(id)
    if (!record || !Object.entries(wanted).every(([name, value]) => record[name] === value)) return false
  }
  return true
}

/** @returns when it was so; `null` if it was not in time */
async function until(device: SyncDevice, isSo: () => Promise<boolean>, timeoutMs: number): Promise<number | null> {
  const end = performance.now() + timeoutMs
  try {
    for (;;) {
      // Before looking: a change meanwhile is one to look at again.
      const next = nextChange(device)
      if (await isSo()) return wallMs()
      if (performance.now() > end) return null
      await next
    }
  } finally {
    lookers.delete(device)
  }
}

/** Resolves at the end of the turn in which the device next changes; at the latest after the time of the net. */
function nextChange(device: SyncDevice): Promise<void> {
  return new Promise((resolve) => {
    const net = setTimeout(resolve, NET_MS)
    lookers.set(device, () => {
      clearTimeout(net)
      lookers.delete(device)
      setImmediate(resolve)
    })
  })
}

process.on('message', (raw) => {
  const { number } = numbered.parse(raw)
  carryOut(command.parse(raw)).then(
    (value) => process.send?.({ number, value: value ?? null }),
    (cause: unknown) => process.send?.({ number, error: cause instanceof Error ? cause.message : String(cause) }),
  )
})
// A library that throws where nobody can catch it has not done what it was asked.
process.on('uncaughtException', (cause) => process.send?.({ error: cause.message }, () => process.exit(1)))
process.send?.({ value: 'ready' })
