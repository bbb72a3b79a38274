/**
 * `npm run bench -- sync [--scale 0.1] [--only NAME] [--workload NAME]`: our sync beside that of the libraries that one would take instead.
 * Same records, same loopback, memory storage on both sides (ours once more on disks), each server in a process of its own.
 * Every byte goes by way of a TCP proxy, which counts. What does not come right is reported as what it is.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts'
import { rounded } from './median.ts'
import { FIELDS } from './record.ts'
import type { Figure } from './run.ts'
import type { SyncRecord } from './syncAdapter.ts'

const CONTENDERS: Readonly<Record<string, string>> = {
  WedSync: './syncOurs.ts',
  'WedSync, sealed': './syncOursSealed.ts',
  'WedSync, on disk': './syncOursOnDisk.ts',
  RxDB: './peers/rxdb.js',
  PouchDB: './peers/pouchdb.js',
  'Automerge-repo': './peers/automergeRepo.js',
  TinyBase: './peers/tinybase.js',
  'Hocuspocus/Yjs': './peers/hocuspocus.js',
}

/** Free RxDB opens 13 collections a process, and one device has one. */
const DEVICES_A_PROCESS = 10
const TIMEOUT_MS = Number(process.env.WEDSYNC_BENCH_TIMEOUT_MS ?? 60_000)
/** Enough for the first one, whose code nobody has run before, to be less than a twentieth of all: it has a figure of its own. */
const LIVE_EDITS = 40

interface Sizes {
  readonly records: number
  readonly devices: number
  readonly listeners: number
  readonly missed: number
}

type Fields = Readonly<Record<string, string | number>>
type Expected = readonly { readonly id: string; readonly fields: Fields }[]

interface Outcome {
  readonly what: string
  readonly value: number
  readonly unit: string
}

const WORKLOADS: Readonly<Record<string, (bench: Bench, sizes: Sizes) => Promise<readonly Outcome[]>>> = {
  'fresh device joins': async (bench, { records }) => {
    const all = makeRecords(records)
    await bench.serve(all)
    await bench.prepare(1)
    const start = wallMs()
    await bench.open()
    const [at] = await bench.count(records)
    return [time('until it has all', start, [at]), ...(await bench.costs())]
  },

  'devices edit a record each': async (bench, { devices }) => {
    const all = makeRecords(devices)
    await bench.serve(all)
    await bench.prepare(devices)
    await bench.open()
    await bench.count(devices)
    await bench.startCounting()
    const start = wallMs()
    await bench.editEach((n) => ticks(all[n]?.id ?? '', 20))
    const ends = await bench.await(all.map(({ id }) => ({ id, fields: { tick: 20 } })))
    return [time('until all have all', start, ends), ...(await bench.costs())]
  },

  'devices edit one record, a field each': async (bench, { devices }) => {
    const [one] = makeRecords(1)
    if (!one) throw new Error('a record was made')
    await bench.serve([one])
    await bench.prepare(devices)
    await bench.open()
    await bench.count(1)
    await bench.startCounting()
    const start = wallMs()
    await bench.editEach((n) => [{ id: one.id, fields: { [`f${n}`]: n } }])
    const fields = Object.fromEntries(Array.from({ length: devices }, (_, n) => [`f${n}`, n]))
    const ends = await bench.await([{ id: one.id, fields }], TIMEOUT_MS / 3)
    return [time('until all have all', start, ends), ...(await bench.costs())]
  },

  'one edit to live devices': async (bench, { listeners }) => {
    const [one] = makeRecords(1)
    if (!one) throw new Error('a record was made')
    await bench.serve([one])
    await bench.prepare(listeners)
    await bench.open()
    await bench.count(1)
    await bench.startCounting()
    const latencies: (readonly number[])[] = []
    for (let tick = 1; tick <= LIVE_EDITS; tick++) {
      const waiting = bench.await([{ id: one.id, fields: { tick } }])
      await bench.isLooking()
      const start = wallMs()
      await bench.edit([{ id: one.id, fields: { tick } }])
      latencies.push((await waiting).map((at) => (at === null ? Number.POSITIVE_INFINITY : at - start)))
    }
    return [
      ...[0.5, 0.95, 0.99].map((p) => percentile(`p${p * 100}`, p, latencies.flat())),
      percentile('the first edit, p95', 0.95, latencies[0] ?? []),
      ...(await bench.costs()),
    ]
  },

  'reconnect after missed edits': async (bench, { missed }) => {
    const all = makeRecords(missed)
    await bench.serve(all)
    await bench.prepare(2, 1)
    await bench.open()
    await bench.count(missed)
    await bench.disconnect(0)
    const edits = all.map(({ id }) => ({ id, fields: { tick: 1 } }))
    await bench.edit(edits, 1)
    await bench.await(edits, TIMEOUT_MS, 1)
    await settle()
    await bench.startCounting()
    const start = wallMs()
    await bench.connect(0)
    return [time('until it has all', start, await bench.await(edits, TIMEOUT_MS, 0)), ...(await bench.costs())]
  },
}

interface SyncBenchOptions {
  readonly scale: number
  /** One contender alone. */
  readonly only?: string
  /** Only workloads whose name begins so. */
  readonly workload: string
}

export async function sync(options: SyncBenchOptions): Promise<readonly Figure[]> {
  const scaled = (n: number, least: number) => Math.max(least, Math.round(n * options.scale))
  const sizes = {
    records: scaled(10_000, 20),
    devices: scaled(50, 3),
    listeners: scaled(100, 3),
    missed: scaled(1_000, 10),
  }
  const figures: Figure[] = []
  for (const [workload, run] of Object.entries(WORKLOADS)) {
    if (!workload.startsWith(options.workload)) continue
    for (const [name, path] of Object.entries(CONTENDERS)) {
      if (options.only !== undefined && options.only !== name) continue
      process.stderr.write(`${workload} · ${name}\n`)
      const bench = createBench(fileURLToPath(new URL(path, import.meta.url)))
      try {
        if (path.includes('peers/') && !existsSync(new URL('peers/node_modules', import.meta.url))) {
          throw new Error('not installed: npm ci --prefix test/bench/peers')
        }
        const outcomes = await run(bench, sizes)
        for (const { what, value, unit } of outcomes)
          figures.push({ name: `${workload} · ${name}: ${what}`, value, unit })
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        figures.push({
          name: `${workload} · ${name}: did not run: ${reason.slice(0, 120)}`,
          value: Number.NaN,
          unit: '',
        })
      } finally {
        await bench.close()
      }
    }
  }
  return figures
}

function makeRecords(count: number): readonly SyncRecord[] {
  const fields = Object.fromEntries(
    Object.entries(FIELDS).map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : value]),
  )
  const { fixed: _, ...same } = fields
  return Array.from({ length: count }, (_, n) => ({ id: crypto.randomUUID(), ...same, title: `Item ${n}`, tick: 0 }))
}

function ticks(id: string, count: number): Expected {
  return Array.from({ length: count }, (_, n) => ({ id, fields: { tick: n + 1 } }))
}

function time(what: string, start: number, ends: readonly (number | null | undefined)[]): Outcome {
  const late = ends.filter((at) => typeof at !== 'number').length
  if (late > 0)
    return { what: `${late} of ${ends.length} devices never came to it`, value: Number.POSITIVE_INFINITY, unit: 'ms' }
  return { what, value: Math.round(Math.max(...ends.map((at) => at ?? 0)) - start), unit: 'ms' }
}

function percentile(what: string, p: number, latencies: readonly number[]): Outcome {
  const sorted = latencies.toSorted((a, b) => a - b)
  return { what, value: rounded(sorted[Math.floor(sorted.length * p)] ?? Number.NaN), unit: 'ms' }
}

function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/** What was said last is said. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500))
}

type Times = readonly (number | null)[]

interface Bench {
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
  /** From now on costs count; else from when the processes are there. */
  startCounting(): Promise<void>
  /** Bytes and processor time since counting began, the latter of all processes; and the memory of the server. */
  costs(): Promise<readonly Outcome[]>
  close(): Promise<void>
}

const reply = z.union([z.object({ value: z.unknown() }), z.object({ error: z.string() })])
const served = z.object({ port: z.number(), address: z.string().optional() })
const times = z.array(z.number().nullable())
const usage = z.object({ cpuMs: z.number(), peakMb: z.number() })

function createBench(adapterPath: string): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-bench-'))
  const clients: { readonly child: Child; readonly names: readonly string[] }[] = []
  let server: Child | undefined
  let proxy: TcpProxy | undefined
  let address: string | undefined
  let bytesBefore = 0
  let cpuBefore: readonly number[] = []

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
        const names = Array.from({ length: Math.min(aProcess, devices - from) }, (_, n) => `device${from + n}`)
        clients.push({ child: await startChild(adapterPath, folder), names })
      }
      cpuBefore = (await usages()).map(({ cpuMs }) => cpuMs)
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
      return [
        { what: 'bytes on the wire', value: bytes() - bytesBefore, unit: 'bytes' },
        { what: 'processor time, server and devices', value: Math.round(cpuMs), unit: 'ms' },
        { what: 'peak memory of the server', value: Math.round(used[0]?.peakMb ?? Number.NaN), unit: 'MB' },
      ]
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
