/** One process of the sync bench: the server of a library, or some devices with it. Told what to do over IPC. */
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

const POLL_MS = 2
let server: SyncServer | undefined
const devices: SyncDevice[] = []

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
      for (const name of task.names) devices.push(await adapter.open(task.port, name, task.address))
      return undefined
    case 'edit':
      for (const { id, fields: changed } of task.edits) await devices[task.device]?.edit(id, changed)
      return wallMs()
    case 'count':
      return Promise.all(
        devices.map((device) => until(async () => (await device.count()) >= task.count, task.timeoutMs)),
      )
    case 'await':
      return Promise.all(devices.map((device) => until(() => holds(device, task.expected), task.timeoutMs)))
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
async function until(isSo: () => Promise<boolean>, timeoutMs: number): Promise<number | null> {
  const end = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > end) return null
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return wallMs()
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
