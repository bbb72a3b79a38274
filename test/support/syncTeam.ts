import { encodeRecord } from '../../model/merge/codec.ts'
import { scopeDigest } from '../../model/merge/digest.ts'
import { restrictRecord } from '../../model/merge/record.ts'
import { ok } from '../../model/result.ts'
import { type Grant, mayRead, type Role } from '../../model/roles.ts'
import type { Border } from '../../model/sync/border.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { Refused } from '../../model/sync/inbox.ts'
import type { Priority } from '../../model/sync/priority.ts'
import { type Accepted, rulesOf, TRUSTED, type Whose } from '../../model/sync/rules.ts'
import { type Session, startSession } from '../../model/sync/session.ts'
import type { Message } from '../../model/wire/index.ts'
import { uuidOf } from './ids.ts'
import { createManualScheduler, type ManualScheduler } from './manualScheduler.ts'
import { type MemoryReplica, openMemoryReplica } from './memoryReplica.ts'
import { createPipe, type Pipe, type Side } from './pipe.ts'

export const TEAM = uuidOf(1)

/** Two replicas and the sessions between them. */
export interface Line {
  readonly pipe: Pipe
  readonly caller: Session
  readonly called: Session
  /** What each side was told, or found out, about refused records. */
  readonly refused: Readonly<Record<Side, Refused[]>>
  /** Messages of a type that were sent, by one side or by both. */
  sent<T extends Message['type']>(type: T, by?: Side): Extract<Message, { type: T }>[]
}

export interface LineOptions {
  /** What the called side grants the calling one; everything by default. */
  readonly grant?: Grant
  /** Whose records are whose, of the calling side. */
  readonly whose?: Whose
  /** How the calling side takes the called one; by default at its word, for everything. */
  readonly trust?: Accepted
  readonly priority?: Priority
  /** A state of the caller's own, instead of its replica's. */
  readonly callerState?: StateStore
  readonly calledState?: StateStore
  /** What the caller's records go through. */
  readonly border?: Border
  /** The highest protocol that a side speaks. */
  readonly protocol?: Partial<Record<Side, number>>
  /** How long back-fill waits for more of it, ms: not at all by default, since time passes only when a test says so. */
  readonly gatherMs?: number
}

export interface SyncTeam {
  readonly scheduler: ManualScheduler
  replica(name: string): Promise<MemoryReplica>
  connect(caller: MemoryReplica, called: MemoryReplica, options?: LineOptions): Line
  /** Lets everybody finish what they are doing, and delivers nothing. */
  settle(): Promise<void>
  /** Delivers until nothing is on its way; no time passes. */
  exchange(): Promise<void>
  /** Lets time pass, and delivers at once whatever is sent. */
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

/** Replicas on RxDB's memory storage, lines that can be cut between them, and a clock that moves when it is told to. */
export function createSyncTeam(): SyncTeam {
  const scheduler = createManualScheduler()
  const replicas: MemoryReplica[] = []
  const lines: Line[] = []

  // The memory storage uses no timers, and the sessions only what is done at the end of a turn: everything is done after two.
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      await scheduler.pass(0)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  async function exchange(): Promise<void> {
    await settle()
    while (lines.some(({ pipe }) => pipe.queue.length > 0)) {
      for (const { pipe } of lines) pipe.deliver()
      await settle()
    }
  }

  return {
    scheduler,
    async replica(name) {
      const replica = await openMemoryReplica(name, { now: scheduler.now })
      replicas.push(replica)
      return replica
    },
    connect(callerReplica, calledReplica, options = {}) {
      const { grant, whose, trust = TRUSTED, priority = () => 0 } = options
      const pipe = createPipe()
      const refused: Record<Side, Refused[]> = { caller: [], called: [] }
      const start = (side: Side, { name, changes, state }: MemoryReplica): Session =>
        startSession({
          transport: pipe[side],
          scheduler,
          changes,
          state: (side === 'caller' ? options.callerState : options.calledState) ?? state,
          caller: side === 'caller',
          self: { deviceId: name, deviceName: name, team: TEAM, token: `token of ${name}` },
          accept: async () => ok(side === 'caller' ? trust : grant ? rulesOf(grant, TEAM, () => true, whose) : TRUSTED),
          priority,
          gatherMs: options.gatherMs ?? 0,
          ...(side === 'caller' && options.border && { border: options.border }),
          ...(options.protocol?.[side] !== undefined && { protocol: options.protocol[side] }),
          onProgress: () => undefined,
          onRefused: (_scope, items) => refused[side].push(...items),
        })
      const called = start('called', calledReplica)
      const line: Line = {
        pipe,
        called,
        caller: start('caller', callerReplica),
        refused,
        sent: (type, by) =>
          pipe.log
            .filter((message) => by === undefined || message.by === by)
            .map(({ text }): Message => JSON.parse(text))
            .filter((message): message is Extract<Message, { type: typeof type }> => message.type === type),
      }
      lines.push(line)
      return line
    },
    settle,
    exchange,
    pass: (ms) => scheduler.pass(ms, exchange),
    async close() {
      for (const { pipe } of lines.splice(0)) pipe.cut()
      await settle()
      for (const replica of replicas.splice(0)) await replica.close()
    },
  }
}

/** Everything that a replica holds of a scope, or what a role may read of it, in canonical form. */
export async function holdingsOf({ changes }: MemoryReplica, scope: string, role: Role = 'owner'): Promise<unknown> {
  const records = (await changes.inScope(scope)).flatMap(
    (record) => restrictRecord(record, (readClass) => mayRead(role, record.table, readClass)) ?? [],
  )
  return { records: records.map(encodeRecord), digest: Object.fromEntries(scopeDigest(records)) }
}
