/**
 * The storage beside what it stands on (raw SQLite, same file format, cipher and synchronous mode), beside RxDB's
 * memory storage and beside Dexie in a real browser. The contenders take turns, so that a busy machine
 * slows all of them; what is reported is the median of five rounds (writes: of three turns in each), and ratios to raw are
 * medians of the turns' ratios.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { encodeRecord } from '../../model/merge/codec.ts'
import { remoteStorage } from '../../renderer/src/replica/remoteStorage.ts'
import { openSqliteStore, type SqliteStore } from '../../server/changes/sqlite.ts'
import { serveWindow } from '../../server/install/remoteWindow.ts'
import { type Database, openDatabase } from '../../server/storage/open.ts'
import { getRxStorageSqlite } from '../../server/storage/rxStorage.ts'
import { WINDOW_DOORS } from '../support/windowDoors.ts'
import { median, rounded } from './median.ts'
import { recordEditedBy } from './record.ts'
import type { Figure } from './run.ts'
import { measureInBrowser } from './storageBrowser.ts'
import { rawContender } from './storageRaw.ts'
import {
  BULK,
  type Contender,
  contenderOf,
  type Document,
  documentsLike,
  lookupMs,
  openInstance,
  queryMs,
  type Rates,
  readTimes,
  writeRates,
} from './storageTasks.ts'

const ROUNDS = 5
/** Contenders take turns this often within a round, on the same files. */
const TURNS = 3
const BATCHES = 2
const SINGLES = 40
const TOTAL = 100_000
const READS = 50
/** A browser is slower: fewer of each, so that the bench stays within minutes. */
const IN_BROWSER = { batches: 2, singles: 40, total: 20_000 }
const key = randomBytes(32)

export async function storage(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wedsync-bench-'))
  try {
    const template = newTemplate()
    return [
      { name: 'document', value: JSON.stringify(template).length, unit: 'bytes' },
      ...(await writes(folder, template)),
      ...(await reads(folder, template)),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function newTemplate(): Document {
  const meta = { _deleted: false, _attachments: {}, _meta: { lwt: Date.now() }, _rev: '1-abcdefghij' }
  return { ...encodeRecord(recordEditedBy(2)), from: '', ...meta }
}

interface Opened {
  readonly contender: Contender
  readonly database?: Database
  close(): Promise<void>
}

type Open = (file: string) => Promise<Opened>

const RAW = 'raw SQLite'
const OURS = 'storage'
const WITH_HISTORY = 'storage with change log and history'
const MEMORY = 'RxDB memory'

const openers: Readonly<Record<string, Open>> = {
  async [RAW](file) {
    const database = opened(file)
    return {
      contender: rawContender(database),
      database,
      async close() {
        database.close()
      },
    }
  },
  async [OURS](file) {
    const database = opened(file)
    const instance = await openInstance(getRxStorageSqlite({ database }), {})
    return {
      contender: contenderOf(instance),
      database,
      async close() {
        await instance.close()
        database.close()
      },
    }
  },
  async [WITH_HISTORY](file) {
    const store = await openStore(file)
    const instance = await openInstance(store.rxStorage, {})
    return { contender: contenderOf(instance), database: store.database, close: () => store.close() }
  },
  async [MEMORY]() {
    const instance = await openInstance(getRxStorageMemory(), {})
    return { contender: contenderOf(instance), close: () => instance.remove() }
  },
}

async function openContender(name: string, file: string): Promise<Opened> {
  const open = openers[name]
  if (!open) throw new Error(`no contender ${name}`)
  return open(file)
}

function opened(file: string): Database {
  const database = openDatabase(file, key)
  if (!database.ok) throw new Error(database.error.detail)
  return database.value
}

async function openStore(file: string): Promise<SqliteStore> {
  const store = await openSqliteStore(file, key)
  if (!store.ok) throw new Error(store.error.detail)
  return store.value
}

async function writes(folder: string, template: Document): Promise<readonly Figure[]> {
  const rates = new Map<string, Rates[]>(Object.keys(openers).map((name) => [name, []]))
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const opened = new Map<string, Opened>()
    for (const name of rates.keys())
      opened.set(name, await openContender(name, join(folder, `writes-${round}-${name}.db`)))
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const [name, { contender }] of opened) {
        const measured = await writeRates(contender, template, BATCHES, SINGLES)
        if (round > 0) rates.get(name)?.push(measured)
      }
    }
    for (const { close } of opened.values()) await close()
  }
  return rateFigures(rates)
}

function rateFigures(rates: ReadonlyMap<string, readonly Rates[]>): readonly Figure[] {
  const raw = rates.get(RAW) ?? []
  const kinds = [
    { kind: 'bulk', words: `writes of ${BULK}`, against: 'bulk', atLeast: 0.5 },
    { kind: 'single', words: 'single writes, one caller', against: 'single', atLeast: 0.7 },
    { kind: 'concurrent', words: 'single writes, 20 callers', against: 'single', atLeast: 2 },
  ] as const
  return kinds.flatMap(({ kind, words, against, atLeast }) =>
    [...rates].flatMap(([name, list]) => [
      { name: `${words}: ${name}`, value: rounded(median(list.map((one) => one[kind]))), unit: 'documents/s' },
      ...(name === RAW
        ? []
        : [
            {
              name: `… / raw SQLite${kind === 'concurrent' ? ', one caller' : ''}`,
              value: rounded(median(list.map((one, round) => one[kind] / (raw[round]?.[against] ?? Number.NaN)))),
              unit: '×',
              ...(name !== MEMORY && { goal: { atLeast } }),
            },
          ]),
    ]),
  )
}

async function reads(folder: string, template: Document): Promise<readonly Figure[]> {
  const documents = documentsLike(template, TOTAL)
  const names = Object.keys(openers)
  const contenders = new Map<string, Opened>()
  for (const name of names) {
    const one = await openContender(name, join(folder, `reads-${name}.db`))
    for (let from = 0; from < TOTAL; from += BULK) await one.contender.write(documents.slice(from, from + BULK))
    one.database?.pragma('wal_checkpoint(TRUNCATE)')
    contenders.set(name, one)
  }
  const times = new Map(names.map((name) => [name, [] as { queryMs: number; findMs: number }[]]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, { contender }] of contenders) {
      const measured = await readTimes(contender, documents, READS)
      if (round > 0) times.get(name)?.push(measured)
    }
  }
  for (const { close } of contenders.values()) await close()
  const sizes = new Map(names.filter((name) => name !== MEMORY).map((name) => [name, sizeOf(folder, name)]))
  return [
    ...timeFigures(times),
    ...sizeFigures(sizes),
    ...(await firstQueries(folder, documents)),
    ...(await browser(folder, documents, template)),
  ]
}

function timeFigures(times: ReadonlyMap<string, readonly { queryMs: number; findMs: number }[]>): readonly Figure[] {
  const raw = times.get(RAW) ?? []
  const kinds = [
    { kind: 'queryMs', words: `indexed query of 100 of ${TOTAL}` },
    { kind: 'findMs', words: '100 documents by id' },
  ] as const
  return kinds.flatMap(({ kind, words }) =>
    [...times].flatMap(([name, list]) => [
      { name: `${words}: ${name}`, value: rounded(median(list.map((one) => one[kind]))), unit: 'ms' },
      ...(name === RAW
        ? []
        : [
            {
              name: '… / raw SQLite',
              value: rounded(median(list.map((one, round) => one[kind] / (raw[round]?.[kind] ?? Number.NaN)))),
              unit: '×',
              ...(name !== MEMORY && { goal: { atMost: 1.5 } }),
            },
          ]),
    ]),
  )
}

function sizeOf(folder: string, name: string): number {
  return statSync(join(folder, `reads-${name}.db`)).size
}

function sizeFigures(sizes: ReadonlyMap<string, number>): readonly Figure[] {
  const raw = sizes.get(RAW) ?? Number.NaN
  return [...sizes].flatMap(([name, size]) => [
    { name: `file of ${TOTAL} documents: ${name}`, value: rounded(size / 1_000_000), unit: 'MB' },
    ...(name === RAW ? [] : [{ name: '… / raw SQLite', value: rounded(size / raw), unit: '×', goal: { atMost: 1.8 } }]),
  ])
}

/** From opening the file to the answer of the first query, in a process that has done so before. */
async function firstQueries(folder: string, documents: readonly Document[]): Promise<readonly Figure[]> {
  const scope = documents.at(-1)?.scope ?? ''
  const figures: Figure[] = []
  for (const name of [RAW, OURS, WITH_HISTORY]) {
    const taken: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const start = performance.now()
      const { contender, close } = await openContender(name, join(folder, `reads-${name}.db`))
      if ((await contender.query(scope)()).length !== 100) throw new Error('the first query found too little')
      taken.push(performance.now() - start)
      await close()
    }
    figures.push({
      name: `open and first query, ${TOTAL} documents: ${name}`,
      value: rounded(median(taken)),
      unit: 'ms',
      ...(name !== RAW && { goal: { atMost: 200 } }),
    })
  }
  return figures
}

async function browser(folder: string, documents: readonly Document[], template: Document): Promise<readonly Figure[]> {
  const store = await openStore(join(folder, `reads-${WITH_HISTORY}.db`))
  try {
    const instance = await openInstance(store.rxStorage, {})
    const local = contenderOf(instance)
    const here = []
    for (let round = 0; round <= ROUNDS; round += 1) {
      const { queryMs } = await readTimes(local, documents, READS)
      here.push({ queryMs, lookupMs: await lookupMs(local, documents, READS * 5) })
    }
    const { dexie, remote, live } = await measureInBrowser(store, {
      template: JSON.stringify(template),
      ids: documents.slice(0, 2_000).map(({ id, scope }) => ({ id, scope })),
      rounds: ROUNDS,
      reads: READS,
      ...IN_BROWSER,
    })
    const channel = await lineFigures(store, local, documents)
    await instance.close()
    const of = <T>(list: readonly T[], value: (one: T) => number): number => median(list.map(value))
    const lookup = of(remote, (one) => one.lookupMs) - of(here.slice(1), (one) => one.lookupMs)
    const query = of(remote, (one) => one.queryMs) - of(here.slice(1), (one) => one.queryMs)
    return [
      {
        name: `writes of ${BULK}: Dexie in Chromium`,
        value: rounded(of(dexie.rates, (one) => one.bulk)),
        unit: 'documents/s',
      },
      {
        name: 'single writes, one caller: Dexie in Chromium',
        value: rounded(of(dexie.rates, (one) => one.single)),
        unit: 'documents/s',
      },
      {
        name: 'single writes, 20 callers: Dexie in Chromium',
        value: rounded(of(dexie.rates, (one) => one.concurrent)),
        unit: 'documents/s',
      },
      {
        name: `indexed query of 100 of ${IN_BROWSER.total}: Dexie in Chromium`,
        value: rounded(of(dexie.times, (one) => one.queryMs)),
        unit: 'ms',
      },
      {
        name: `100 documents of ${IN_BROWSER.total} by id: Dexie in Chromium`,
        value: rounded(of(dexie.times, (one) => one.findMs)),
        unit: 'ms',
      },
      ...channel,
      {
        name: 'a change from sync is in a live query of the window in Chromium, over a socket, median of 21',
        value: rounded(median(live)),
        unit: 'ms',
        goal: { atMost: 50 },
      },
      { name: '… the slowest of them', value: rounded(Math.max(...live)), unit: 'ms' },
      { name: "the window's channel to Chromium adds to a lookup", value: rounded(lookup), unit: 'ms' },
      { name: "the window's channel to Chromium adds to a query of 100", value: rounded(query), unit: 'ms' },
    ]
  } finally {
    await store.close()
  }
}

/**
 * What the window's line costs both ends together, without a browser: server and window in this process, over a real
 * WebSocket and over a real message port (Node's: Electron's crosses processes). Processor time, so that other programs on
 * the same cores do not count.
 */
async function lineFigures(
  store: SqliteStore,
  local: Contender,
  documents: readonly Document[],
): Promise<readonly Figure[]> {
  const lines = []
  for (const [kind, openDoor] of Object.entries(WINDOW_DOORS)) {
    const door = await openDoor((line) => serveWindow(line, store))
    const instance = await openInstance(remoteStorage({ openLine: door.open, gone: 'gone' }), {})
    lines.push({ kind, door, instance, contender: contenderOf(instance), added: [] as Cost[] })
  }
  for (let round = 0; round <= ROUNDS; round += 1) {
    const here = await readCost(local, documents)
    for (const { contender, added } of lines) {
      const there = await readCost(contender, documents)
      if (round > 0) added.push({ lookup: there.lookup - here.lookup, query: there.query - here.query })
    }
  }
  for (const { instance, door } of lines) {
    await instance.close()
    await door.close()
  }
  const unit = 'ms of processor time'
  return lines.flatMap(({ kind, added }) => [
    {
      name: `the window's line over a ${kind} adds to a lookup, both ends`,
      value: rounded(median(added.map(({ lookup }) => lookup))),
      unit,
      goal: { atMost: 0.2 },
    },
    {
      name: `the window's line over a ${kind} adds to a query of 100, both ends`,
      value: rounded(median(added.map(({ query }) => query))),
      unit,
    },
  ])
}

/** In ms of processor time, each. */
interface Cost {
  readonly lookup: number
  readonly query: number
}

async function readCost(contender: Contender, documents: readonly Document[]): Promise<Cost> {
  return {
    lookup: await processorMs(READS * 20, () => lookupMs(contender, documents, READS * 20)),
    query: await processorMs(READS * 2, () => queryMs(contender, documents, READS * 2)),
  }
}

async function processorMs(times: number, run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / times
}
