/**
 * A disk that keeps what was committed and loses everything else, and the stores that a process opens on it. A commit
 * happens at one moment; before it, and between it and the word that it has happened, time may pass, and the process may
 * die.
 */
import { encodeRecord } from '../../model/merge/codec.ts'
import { type CausalRecord, isEmptied } from '../../model/merge/record.ts'
import {
  type ChangeFunction,
  type ChangeStore,
  lazyChange,
  type StateStore,
  type Write,
} from '../../model/sync/changeStore.ts'
import type { Random } from './random.ts'

interface Row {
  readonly seq: number
  readonly record: CausalRecord
  readonly from: string
}

export interface Disk {
  /** The incarnation of the store, and the actor under which people at it write now. Both end with a restore. */
  readonly epoch: string
  actor: string
  /** With the places of records that were taken out. */
  readonly rows: ReadonlyMap<string, Row>
  /** JSON. */
  readonly state: Map<string, string>
  record(id: string): CausalRecord | undefined
  /** In the order of their ids. */
  inScope(scope: string): readonly CausalRecord[]
  scopes(): readonly string[]
  head(scope: string): number
  since(scope: string, seq: number, limit: number): { readonly rows: readonly Row[]; readonly more: boolean }
  commit(writes: readonly Write[]): void
  /** Rows vanish, and the change log with them. */
  removeByHand(ids: readonly string[]): void
  /** What is on it now, as another incarnation. */
  copy(epoch: string, actor: string): Disk
}

export function createDisk(epoch: string, actor: string, from?: Disk): Disk {
  const rows = new Map(from?.rows)
  const state = new Map(from?.state)
  /** In the order of `seq`; what a later row has replaced stays until there is too much of it. */
  const logs = new Map<string, Row[]>()
  let seq = 0
  for (const row of [...rows.values()].sort((a, b) => a.seq - b.seq)) note(row)

  function isLive(row: Row): boolean {
    return rows.get(row.record.id) === row
  }

  function held(row: Row | undefined): CausalRecord | undefined {
    return row && !isEmptied(row.record) ? row.record : undefined
  }

  function note(row: Row): void {
    seq = Math.max(seq, row.seq)
    const log = logs.get(row.record.scope) ?? []
    log.push(row)
    logs.set(row.record.scope, log.length > 64 && log.length > 4 * rows.size ? log.filter(isLive) : log)
  }

  return {
    epoch,
    actor,
    rows,
    state,
    record: (id) => held(rows.get(id)),
    inScope: (scope) =>
      (logs.get(scope) ?? [])
        .filter(isLive)
        .flatMap((row) => held(row) ?? [])
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    scopes: () => [...logs].filter(([, log]) => log.some(isLive)).map(([scope]) => scope),
    head: (scope) => logs.get(scope)?.findLast(isLive)?.seq ?? 0,
    since(scope, after, limit) {
      const log = logs.get(scope) ?? []
      const found: Row[] = []
      for (let i = firstAfter(log, after); i < log.length && found.length <= limit; i++) {
        const row = log[i]
        if (row && isLive(row)) found.push(row)
      }
      return { rows: found.slice(0, limit), more: found.length > limit }
    },
    commit(writes) {
      for (const { record, from: peer = '' } of writes) {
        const row = { seq: seq + 1, record, from: peer }
        rows.set(record.id, row)
        note(row)
      }
    },
    removeByHand(ids) {
      for (const id of ids) rows.delete(id)
    },
    copy(otherEpoch, otherActor) {
      return createDisk(otherEpoch, otherActor, this)
    },
  }
}

/** The place of the first row of a log, which is in the order of `seq`, that is after one. */
function firstAfter(log: readonly Row[], seq: number): number {
  let [from, to] = [0, log.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((log[middle]?.seq ?? 0) > seq) to = middle
    else from = middle + 1
  }
  return from
}

export const DISK_FULL = 'the disk is full'

/** How a disk behaves at the moment. */
export type DiskMood = 'well' | 'slow' | 'full'

/** Points of a write at which it matters whether the process dies. */
export type WritePoint = 'before the commit' | 'after the commit'

/** What a store needs of the process that opened it. */
export interface DiskUser {
  readonly random: Random
  /** Never resolves if the process dies meanwhile. */
  pause(ms: number): Promise<void>
  mood(): DiskMood
  /** Whether the process dies at this point of a write. */
  diesAt(point: WritePoint): boolean
  /** At the moment of the commit. */
  onCommit(writes: readonly Write[]): void
}

export interface SimulatedStore {
  readonly changes: ChangeStore
  readonly state: StateStore
}

export function openStore(disk: Disk, user: DiskUser): SimulatedStore {
  const { random } = user
  const listeners = new Set<(scope: string) => void>()
  let lastWrite: Promise<unknown> = Promise.resolve()

  /** Time for the disk, of which there is often none worth mentioning. */
  async function wait(probability: number): Promise<void> {
    const isSlow = user.mood() === 'slow'
    if (isSlow || random.chance(probability)) await user.pause(isSlow ? random.between(5, 600) : random.between(1, 5))
  }

  async function read<T>(look: () => T): Promise<T> {
    await wait(0.05)
    const found = look()
    await wait(0.02)
    return found
  }

  async function update(ids: readonly string[], change: ChangeFunction): Promise<void> {
    await wait(0.4)
    const current = () => new Map(ids.flatMap((id) => rowOf(id)))
    // Somebody else was faster: what was decided is thrown away, and decided again on what is there now.
    if (random.chance(0.05)) {
      change(current())
      await wait(0.5)
    }
    const writes = change(current())
    if (writes.length === 0) return
    if (user.mood() === 'full') throw new Error(DISK_FULL)
    if (user.diesAt('before the commit')) return never()
    disk.commit(writes)
    user.onCommit(writes)
    if (user.diesAt('after the commit')) return never()
    for (const scope of new Set(writes.map(({ record }) => record.scope))) {
      for (const listener of listeners) listener(scope)
    }
    await wait(0.3)
  }

  function rowOf(id: string): readonly (readonly [string, CausalRecord])[] {
    const record = disk.record(id)
    return record ? [[id, record]] : []
  }

  const changes: ChangeStore = {
    epoch: disk.epoch,
    records: (ids) => read(() => new Map(ids.flatMap(rowOf))),
    inScope: (scope, { table, after, limit } = {}) =>
      read(() =>
        disk
          .inScope(scope)
          .filter(
            (record) => (table === undefined || record.table === table) && (after === undefined || record.id > after),
          )
          .slice(0, limit),
      ),
    update(ids, change) {
      const done = lastWrite.then(() => update(ids, change))
      lastWrite = done.catch(() => undefined) // reported to its own caller
      return done
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    scopes: () => read(() => disk.scopes()),
    head: (scope) => read(() => disk.head(scope)),
    heads: (scopes) =>
      read(() => new Map(scopes.map((scope) => [scope, disk.head(scope)] as const).filter(([, latest]) => latest > 0))),
    changesSince: (scope, seq, { limit, except }) =>
      read(() => {
        const { rows, more } = disk.since(scope, seq, limit)
        return {
          changes: rows
            .filter(({ from }) => except === undefined || from !== except)
            .map(({ seq: at, record, from }) =>
              lazyChange(
                at,
                from,
                () => encodeRecord(record),
                () => record,
              ),
            ),
          upTo: rows.at(-1)?.seq ?? seq,
          more,
        }
      }),
    countSince: (scope, seq, except) =>
      read(
        () =>
          disk
            .since(scope, seq, Number.POSITIVE_INFINITY)
            .rows.filter(({ from }) => except === undefined || from !== except).length,
      ),
  }

  const state: StateStore = {
    get: (key) => read(() => parsed(disk.state.get(key))),
    async set(key, value) {
      const text = JSON.stringify(value)
      await wait(0.1)
      if (user.mood() === 'full') throw new Error(DISK_FULL)
      disk.state.set(key, text)
      await wait(0.1)
    },
    list: (prefix) =>
      read(
        () =>
          new Map([...disk.state].filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key, parsed(text)])),
      ),
  }
  return { changes, state }
}

/** Whoever was waiting for it is no more. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text)
}
