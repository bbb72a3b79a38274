/** The processes of the sync bench: a server, its devices, and the proxy between them that counts bytes. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts'
import type { SyncRecord } from './syncAdapter.ts'

/** Free RxDB opens 13 collections a process, and one device has one. */
const DEVICES_A_PROCESS = 10
export const TIMEOUT_MS = Number(process.env.WEDSYNC_BENCH_TIMEOUT_MS ?? 60_000)

type Fields = Readonly<Record<string, string | number>>
export type Expected = readonly { readonly id: string; readonly fields: Fields }[]

/** What the server and the devices took since counting began. */
export interface Costs {
  /** On the wire. */
  readonly bytes: number
  /** Processor time of all processes. */
  readonly cpuMs: number
  readonly peakServerMb: number
}

/** What was said last is said, and whoever proves afterwards that both hold the same has done so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_000))
}

/** Wall clock of each device, ms; `null` for one that was not in time. */
export type Times = readonly (number | null)[]

export interface Bench {
  serve(records: readonly SyncRecord[]): Promise<void>
  /** Processes for so many devices. */
  prepare(devices: number, aProcess?: number): Promise<void>
  /** The devices open and connect. */
  open(): Promise<void>
  editEach(editsOf: (n: number) => Expected): Promise<void>
  /** By the first device of a process. */
  edit(edits: Expected, process?: number): Promise<void>
  count(records: number): Promise<Times>
  await(expected: Expected, timeoutMs?: number, process?: number): Promise<Times>
  /** Every process has begun to look, so that a latency holds nothing of that. */
  isLooking(): Promise<void>
  disconnect(process: number): Promise<void>
  connect(process: number): Promise<void>
  /** From now on costs count. */
  startCounting(): Promise<void>
  /** With what is said last. */
  costs(): Promise<Costs>
  /** Ends the devices. Others may be prepared. */
  dismiss(): Promise<void>
  close(): Promise<void>
}

const reply = z.union([z.object({ value: z.unknown() }), z.object({ error: z.string() })])
const served = z.object({ port: z.number(), address: z.string().optional() })
const times = z.array(z.number().nullable())
const usage = z.object({ cpuMs: z.number(), peakMb: z.number() })

export function createBench(adapterPath: string): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-bench-'))
  const clients: { readonly child: Child; readonly names: readonly string[] }[] = []
  let server: Child | undefined
  let proxy: TcpProxy | undefined
  let address: string | undefined
  let bytesBefore = 0
  let cpuBefore: readonly number[] = []
  let named = 0

  const all = (): readonly Child[] => [...(server ? [server] : []), ...clients.map(({ child }) => child)]
  const bytes = (): number => (proxy ? proxy.bytes().up + proxy.bytes().down : 0)
  const usages = () => Promise.all(all().map(async (child) => usage.parse(await child.ask({ do: 'usage' }))))
  const one = (process: number): Child => {
    const client = clients[process]
    if (!client) throw new Error(`there is no process ${process}`)
    return client.child
  }
  const timesOf = async (task: object, children: readonly Child[]): Promise<Times> =>
    (await Promise.all(children.map(async (child) => times.parse(await child.ask(task))))).flat()

  return {
    async serve(records) {
      server = await startChild(adapterPath, folder)
      const { port, address: known } = served.parse(await server.ask({ do: 'serve', seed: records }))
      address = known
      proxy = await openTcpProxy(port)
    },
    async prepare(devices, aProcess = DEVICES_A_PROCESS) {
      for (let from = 0; from < devices; from += aProcess) {
        const names = Array.from({ length: Math.min(aProcess, devices - from) }, () => `device${named++}`)
        clients.push({ child: await startChild(adapterPath, folder), names })
      }
    },
    async open() {
      await Promise.all(clients.map(({ child, names }) => child.ask({ do: 'open', port: proxy?.port, names, address })))
    },
    async editEach(editsOf) {
      let n = 0
      const edits = clients.flatMap(({ child, names }) =>
        names.map((_, device) => child.ask({ do: 'edit', device, edits: editsOf(n++) })),
      )
      await Promise.all(edits)
    },
    async edit(edits, process = 0) {
      await one(process).ask({ do: 'edit', device: 0, edits })
    },
    count: (count) =>
      timesOf(
        { do: 'count', count, timeoutMs: TIMEOUT_MS },
        clients.map(({ child }) => child),
      ),
    await: (expected, timeoutMs = TIMEOUT_MS, process) =>
      timesOf(
        { do: 'await', expected, timeoutMs },
        process === undefined ? clients.map(({ child }) => child) : [one(process)],
      ),
    async isLooking() {
      // Questions to one process are taken up in their order.
      await usages()
    },
    async disconnect(process) {
      await one(process).ask({ do: 'disconnect' })
    },
    async connect(process) {
      await one(process).ask({ do: 'connect' })
    },
    async startCounting() {
      bytesBefore = bytes()
      cpuBefore = (await usages()).map(({ cpuMs }) => cpuMs)
    },
    async costs() {
      await settle()
      const used = await usages()
      const cpuMs = used.reduce((sum, { cpuMs: now }) => sum + now, 0) - cpuBefore.reduce((sum, now) => sum + now, 0)
      return {
        bytes: bytes() - bytesBefore,
        cpuMs: Math.round(cpuMs),
        peakServerMb: Math.round(used[0]?.peakMb ?? Number.NaN),
      }
    },
    async dismiss() {
      await Promise.all(clients.splice(0).map(({ child }) => child.end()))
    },
    async close() {
      await Promise.all(all().map((child) => child.end()))
      await proxy?.close()
      rmSync(folder, { recursive: true })
    },
  }
}

interface Child {
  ask(task: object): Promise<unknown>
  /** Resolves when it is gone. */
  end(): Promise<void>
}

/**
 * Answers come one by one in the order of the questions only if those are asked one by one: each is given a number.
 * @param folder for whatever it stores
 */
async function startChild(adapterPath: string, folder: string): Promise<Child> {
  const process: ChildProcess = fork(fileURLToPath(new URL('syncProcess.ts', import.meta.url)), [adapterPath], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...globalThis.process.env, TMPDIR: folder },
  })
  let words = ''
  process.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000)
  })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (cause: Error) => void }>()
  let number = 0
  let ready: () => void = () => undefined
  let failed: (cause: Error) => void = () => undefined
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve
    failed = reject
  })
  const numbered = z.object({ number: z.number() })
  process.on('message', (raw) => {
    const answer = reply.parse(raw)
    const to = numbered.safeParse(raw)
    if (!to.success) {
      if ('error' in answer) fail(new Error(answer.error))
      else ready()
      return
    }
    const asked = waiting.get(to.data.number)
    waiting.delete(to.data.number)
    if ('error' in answer) asked?.reject(new Error(answer.error))
    else asked?.resolve(answer.value)
  })
  function fail(cause: Error): void {
    failed(cause)
    for (const { reject } of waiting.values()) reject(cause)
    waiting.clear()
  }
  const exited = new Promise<void>((resolve) =>
    process.on('exit', (code) => {
      fail(new Error(`its process ended with ${code}: ${words.trim().split('\n').at(-1) ?? ''}`))
      resolve()
    }),
  )
  await started
  return {
    ask: (task) =>
      new Promise((resolve, reject) => {
        waiting.set(++number, { resolve, reject })
        process.send({ ...task, number })
      }),
    async end() {
      process.kill('SIGKILL')
      await exited
    },
  }
}
