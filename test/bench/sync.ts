/**
 * `npm run bench -- sync [--scale 0.1] [--only NAME] [--workload NAME]`: our sync beside that of the libraries that one would take instead.
 * Same records, same loopback, memory storage on both sides (ours once more on disks), each server in a process of its own.
 * Every byte goes by way of a TCP proxy, which counts. What does not come right is reported as what it is.
 *
 * A workload is done by processes that have just started, and then again by the same ones, as a hub and its devices are on for a day:
 * of half a second, half goes by in code that nobody has run before.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { median, rounded } from './median.ts'
import { FIELDS } from './record.ts'
import type { Figure } from './run.ts'
import type { SyncRecord } from './syncAdapter.ts'
import { type Bench, type Costs, createBench, type Expected, settle, TIMEOUT_MS, type Times } from './syncChildren.ts'

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

/** So often, and the first ones are for the compilers. */
const ROUNDS = 8
const WARM_FROM = 3
/** No round is begun after so long. */
const ROUNDS_MS = 60_000
/** Edits of one round. Enough for the first one, whose code nobody has run before, to be less than a twentieth of all: it has a figure of its own. */
const LIVE_EDITS = 40

interface Sizes {
  readonly records: number
  readonly devices: number
  readonly listeners: number
  readonly missed: number
}

interface Outcome {
  readonly what: string
  readonly value: number
  readonly unit: string
}

const WORKLOADS: Readonly<Record<string, (bench: Bench, sizes: Sizes) => Promise<readonly Outcome[]>>> = {
  // A device that joins is always a new process; the server has served those before it.
  'fresh device joins': async (bench, { records }) => {
    await bench.serve(makeRecords(records))
    return inRounds(bench, 'until it has all', async () => {
      await bench.dismiss()
      await bench.prepare(1)
      await bench.startCounting()
      const start = wallMs()
      await bench.open()
      return { start, ends: await bench.count(records) }
    })
  },

  'devices edit a record each': async (bench, { devices }) => {
    const all = makeRecords(devices)
    await bench.serve(all)
    await bench.prepare(devices)
    await bench.open()
    await bench.count(devices)
    return inRounds(bench, 'until all have all', async (round) => {
      const from = round * 20
      await bench.startCounting()
      const start = wallMs()
      await bench.editEach((n) => ticks(all[n]?.id ?? '', from, 20))
      return { start, ends: await bench.await(all.map(({ id }) => ({ id, fields: { tick: from + 20 } }))) }
    })
  },

  'devices edit one record, a field each': async (bench, { devices }) => {
    const [one] = makeRecords(1)
    if (!one) throw new Error('a record was made')
    await bench.serve([one])
    await bench.prepare(devices)
    await bench.open()
    await bench.count(1)
    return inRounds(bench, 'until all have all', async (round) => {
      const numberOf = (n: number) => round * devices + n
      await bench.startCounting()
      const start = wallMs()
      await bench.editEach((n) => [{ id: one.id, fields: { [`f${n}`]: numberOf(n) } }])
      const fields = Object.fromEntries(Array.from({ length: devices }, (_, n) => [`f${n}`, numberOf(n)]))
      return { start, ends: await bench.await([{ id: one.id, fields }], TIMEOUT_MS / 3) }
    })
  },

  'one edit to live devices': async (bench, { listeners }) => {
    const [one] = makeRecords(1)
    if (!one) throw new Error('a record was made')
    await bench.serve([one])
    await bench.prepare(listeners)
    await bench.open()
    await bench.count(1)
    await bench.startCounting()
    const first = await liveEdits(bench, one.id, 1)
    const costs = costsOf(await bench.costs())
    let latest = first
    for (let round = 1; round <= WARM_FROM; round++) latest = await liveEdits(bench, one.id, 1 + round * LIVE_EDITS)
    return [
      ...[0.5, 0.95, 0.99].map((p) => percentile(`p${p * 100}`, p, first.flat())),
      percentile('the first edit, p95', 0.95, first[0] ?? []),
      ...costs,
      ...[0.5, 0.95].map((p) => percentile(`p${p * 100} after ${WARM_FROM * LIVE_EDITS} others`, p, latest.flat())),
    ]
  },

  'reconnect after missed edits': async (bench, { missed }) => {
    const all = makeRecords(missed)
    await bench.serve(all)
    await bench.prepare(2, 1)
    await bench.open()
    await bench.count(missed)
    return inRounds(bench, 'until it has all', async (round) => {
      await bench.disconnect(0)
      const edits = all.map(({ id }) => ({ id, fields: { tick: round + 1 } }))
      await bench.edit(edits, 1)
      await bench.await(edits, TIMEOUT_MS, 1)
      await settle()
      await bench.startCounting()
      const start = wallMs()
      await bench.connect(0)
      return { start, ends: await bench.await(edits, TIMEOUT_MS, 0) }
    })
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

/** When it began, and when each device had come to what it was to come to; `null` if it never did. */
interface Round {
  readonly start: number
  readonly ends: Times
}

/** Time and costs of the first round, and the median time of those for which everything is compiled. Ends with a round that fails. */
async function inRounds(
  bench: Bench,
  what: string,
  run: (round: number) => Promise<Round>,
): Promise<readonly Outcome[]> {
  const begun = wallMs()
  const outcomes: Outcome[] = []
  const warm: number[] = []
  for (let round = 0; round < ROUNDS && wallMs() < begun + ROUNDS_MS; round++) {
    const { start, ends } = await run(round)
    const late = ends.filter((at) => at === null).length
    if (late > 0) {
      const which = round === 0 ? '' : `, in round ${round + 1}`
      outcomes.push({
        what: `${late} of ${ends.length} devices never came to it${which}`,
        value: Number.POSITIVE_INFINITY,
        unit: 'ms',
      })
      break
    }
    const ms = Math.max(...ends.map((at) => at ?? 0)) - start
    if (round >= WARM_FROM) warm.push(ms)
    if (round > 0) await settle()
    else outcomes.push({ what, value: Math.round(ms), unit: 'ms' }, ...costsOf(await bench.costs()))
  }
  if (warm.length === 0) return outcomes
  const rounds = `${WARM_FROM + 1} to ${WARM_FROM + warm.length}`
  return [...outcomes, { what: `${what}, median of rounds ${rounds}`, value: Math.round(median(warm)), unit: 'ms' }]
}

/** @returns of each edit how long it took to each of the devices, ms */
async function liveEdits(bench: Bench, id: string, first: number): Promise<readonly (readonly number[])[]> {
  const latencies: (readonly number[])[] = []
  for (let tick = first; tick < first + LIVE_EDITS; tick++) {
    const waiting = bench.await([{ id, fields: { tick } }])
    await bench.isLooking()
    const start = wallMs()
    await bench.edit([{ id, fields: { tick } }])
    latencies.push((await waiting).map((at) => (at === null ? Number.POSITIVE_INFINITY : at - start)))
  }
  return latencies
}

function costsOf({ bytes, cpuMs, peakServerMb }: Costs): readonly Outcome[] {
  return [
    { what: 'bytes on the wire', value: bytes, unit: 'bytes' },
    { what: 'processor time, server and devices', value: cpuMs, unit: 'ms' },
    { what: 'peak memory of the server', value: peakServerMb, unit: 'MB' },
  ]
}

function makeRecords(count: number): readonly SyncRecord[] {
  const fields = Object.fromEntries(
    Object.entries(FIELDS).map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : value]),
  )
  const { fixed: _, ...same } = fields
  return Array.from({ length: count }, (_, n) => ({ id: crypto.randomUUID(), ...same, title: `Item ${n}`, tick: 0 }))
}

function ticks(id: string, from: number, count: number): Expected {
  return Array.from({ length: count }, (_, n) => ({ id, fields: { tick: from + n + 1 } }))
}

function percentile(what: string, p: number, latencies: readonly number[]): Outcome {
  const sorted = latencies.toSorted((a, b) => a - b)
  return { what, value: rounded(sorted[Math.floor(sorted.length * p)] ?? Number.NaN), unit: 'ms' }
}

function wallMs(): number {
  return performance.timeOrigin + performance.now()
}
