/**
 * What is told to all of one role in one team, or to one who sees their own besides. It looks at the state of the server whenever something may have changed, and
 * tells the difference to the last look: so whoever caused a change (a route, a sync, another process of the cloud) need
 * not know of it, and bursts are told once.
 */
import { randomInt } from 'node:crypto'
import type { QueueEntry } from '../../model/conflicts/entry.ts'
import { conflictQueue } from '../../model/conflicts/queue.ts'
import type { LiveNews } from '../../model/rest/live.ts'
import type { ReplicaSync } from '../../model/sync/replicaSync.ts'
import type { Log } from '../log.ts'
import { contestedRecords, hasPending } from '../rest/conflictQueue.ts'
import type { Caller, ServerContext } from '../rest/context.ts'
import {
  type DeadLetter,
  deadLetters,
  isLetterInView,
  type RefusedRecord,
  refusedByPeers,
} from '../rest/deadLetters.ts'
import { describeFault } from '../rest/errors.ts'
import { readablePart } from '../rest/reading.ts'
import type { RosterOf } from '../rest/roster.ts'
import type { ScopeIndex } from '../rest/scopeIndex.ts'
import { sightOf } from '../rest/sight.ts'
import { ended, nextRun, type Run } from './progress.ts'
import { createRing, type Told } from './ring.ts'

const RING_EVENTS = 500
/** Looks are this far apart at least. */
const PAUSE_MS = 200
/** Numbers of two runs, or of two processes, are this far apart at least. */
const RUN_SPAN = 2 ** 32

export interface ChannelParts {
  readonly context: ServerContext
  readonly index: ScopeIndex
  readonly rosters: RosterOf
  readonly sync: Pick<ReplicaSync, 'peers' | 'presence'>
  readonly log: Log
}

/** What has failed for good, on whichever side. */
type Letter = DeadLetter | RefusedRecord

export interface Channel {
  /** Tells a new client what it missed, or else that it is to read afresh and how things stand; then all that follows. */
  join(since: number | undefined, listener: (told: Told) => void): Promise<void>
  leave(listener: (told: Told) => void): void
  readonly listeners: number
  /** Something may have changed: in this scope, or (without one) in what belongs to none. */
  touch(scope?: string): void
  /** The same of all scopes, for what changes without a word. */
  touchAll(): void
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>
}

export function openChannel(parts: ChannelParts, { team, grant, ...who }: Caller): Channel {
  const { context, index, rosters, sync, log } = parts
  /** Whoever of them may enter fewer weddings is told less. */
  const caller: Caller = { ...who, team, grant: { ...grant, weddings: 'all' } }
  const ring = createRing(RING_EVENTS, randomInt(1, 2 ** 20) * RUN_SPAN)
  const listeners = new Set<(told: Told) => void>()
  const conflicts = new Map<string, ReadonlyMap<string, QueueEntry>>()
  const letters = new Map<string, ReadonlyMap<string, Letter>>()
  const presence = new Map<string, LiveNews>()
  const runs = new Map<string, Run>()
  let status: LiveNews | undefined
  let dirty = new Set<string>()
  let isAllDirty = true
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let hasLooked = false
  let looking: Promise<void> = Promise.resolve()

  function tell(news: LiveNews, scope?: string): void {
    const told = ring.add(news, scope)
    for (const listener of listeners) listener(told)
  }

  function soon(): void {
    if (isClosed) return
    timer ??= setTimeout(() => {
      timer = undefined
      looking = looking.then(look).catch((fault) => log('live:failed', describeFault(fault)))
    }, PAUSE_MS)
  }

  async function look(): Promise<void> {
    if (isClosed) return
    const scopes = new Set([team, ...(await context.weddingsOf(team))])
    const wanted = isAllDirty ? scopes : [...dirty].filter((scope) => scopes.has(scope))
    const before = { dirty, isAllDirty }
    dirty = new Set()
    isAllDirty = false
    try {
      const refused = Map.groupBy(await refusedByPeers(context.stores, [...wanted]), ({ scope }) => scope)
      for (const scope of wanted) {
        if (scope !== team) await lookAtConflicts(scope)
        await lookAtLetters(scope, refused.get(scope) ?? [])
      }
      await lookAtStatus()
      await lookAtProgress()
      lookAtPresence(scopes)
    } catch (fault) {
      // What was not looked at is looked at the next time.
      dirty = new Set([...before.dirty, ...dirty])
      isAllDirty ||= before.isAllDirty
      throw fault
    }
    hasLooked = true
  }

  async function lookAtConflicts(scope: string): Promise<void> {
    const now = new Map<string, QueueEntry>()
    for await (const { records } of contestedRecords({ context, index }, caller, hasPending, scope)) {
      for (const entry of conflictQueue(records)) now.set(entry.conflictId, entry)
    }
    const known = conflicts.get(scope)
    conflicts.set(scope, now)
    tellDifference(known, now, (entry, isNew) => tell(conflictNews(entry, isNew ? 'raised' : 'settled'), scope))
  }

  async function lookAtLetters(scope: string, refused: readonly RefusedRecord[]): Promise<void> {
    const { view } = await sightOf(context, caller)
    const records = await context.stores.changes.records(refused.map(({ id }) => id))
    const isSeen = ({ id }: RefusedRecord): boolean => {
      const record = records.get(id)
      return record !== undefined && readablePart(record, view) !== undefined
    }
    const setAside = (await deadLetters(context.stores, [scope])).filter((letter) => isLetterInView(letter, view))
    const found = [...setAside, ...refused.filter(isSeen)]
    const now = new Map(found.map((letter): [string, Letter] => [letter.letterId, letter]))
    const known = letters.get(scope)
    letters.set(scope, now)
    tellDifference(known, now, ({ letterId, id, reason }, isNew) =>
      tell(
        { type: 'deadletter', state: isNew ? 'added' : 'gone', letterId, weddingId: scope, recordId: id, reason },
        scope === team ? undefined : scope,
      ),
    )
  }

  /** The first look only learns how things stand. */
  function tellDifference<T>(
    known: ReadonlyMap<string, T> | undefined,
    now: ReadonlyMap<string, T>,
    each: (item: T, isNew: boolean) => void,
  ): void {
    if (!hasLooked) return
    for (const [key, item] of now) if (!known?.has(key)) each(item, true)
    for (const [key, item] of known ?? []) if (!now.has(key)) each(item, false)
  }

  async function lookAtStatus(): Promise<void> {
    const { role: serverRole, upstreams, devices, quarantined, notice } = await context.status(caller)
    const now: LiveNews = {
      type: 'status',
      role: serverRole,
      upstreams,
      devices,
      quarantined,
      ...(notice !== undefined && { notice }),
    }
    if (isSame(status, now)) return
    status = now
    tell(now)
  }

  async function lookAtProgress(): Promise<void> {
    const { devices } = await rosters(team)
    const nowMs = performance.now()
    const gone = new Set(runs.keys())
    for (const peer of await sync.peers((deviceId) => devices.has(deviceId))) {
      const key = `${peer.kind} ${peer.deviceId}`
      gone.delete(key)
      noteRun(key, nextRun(runs.get(key), peer, nowMs))
    }
    for (const key of gone) {
      const run = runs.get(key)
      if (run) noteRun(key, ended(run))
    }
  }

  function noteRun(key: string, run: Run | undefined): void {
    const known = runs.get(key)
    if (run?.news.running) runs.set(key, run)
    else runs.delete(key)
    const isNews = run && (run.news.done !== known?.news.done || run.news.total !== known.news.total)
    if (run && (isNews || !run.news.running)) tell(run.news)
  }

  function lookAtPresence(scopes: ReadonlySet<string>): void {
    const here = Map.groupBy(sync.presence.present(), ({ scope }) => scope)
    for (const scope of scopes) {
      const devices = (here.get(scope) ?? []).map(({ deviceId, state }) => ({ deviceId, state }))
      const known = presence.get(scope)
      const now: LiveNews = { type: 'presence', weddingId: scope, devices }
      if (known ? isSame(known, now) : devices.length === 0) continue
      if (devices.length === 0) presence.delete(scope)
      else presence.set(scope, now)
      tell(now, scope === team ? undefined : scope)
    }
  }

  /** How things stand, under the number of the last event: to be told with no difference to what follows. */
  function standing(): readonly Told[] {
    const id = ring.lastId
    const news = [
      ...(status ? [{ news: status, scope: undefined }] : []),
      ...[...presence].map(([scope, each]) => ({ news: each, scope: scope === team ? undefined : scope })),
      ...[...runs.values()].map((run) => ({ news: run.news, scope: undefined })),
    ]
    return news.map(({ news: each, scope }) => ({ event: { ...each, id }, scope }))
  }

  return {
    async join(since, listener) {
      if (!hasLooked) {
        looking = looking.then(() => (hasLooked ? undefined : look()))
        const first = looking
        looking = first.catch(() => undefined) // told to whoever joins; the next one looks again
        await first
      }
      listeners.add(listener)
      const missed = since === undefined ? undefined : ring.since(since)
      const reason = since === undefined ? 'start' : 'gap'
      const reset: Told = { event: { type: 'reset', reason, id: ring.lastId }, scope: undefined }
      for (const told of missed ?? [reset, ...standing()]) listener(told)
    },
    leave: (listener) => void listeners.delete(listener),
    get listeners() {
      return listeners.size
    },
    touch(scope) {
      if (scope !== undefined) dirty.add(scope)
      soon()
    },
    touchAll() {
      isAllDirty = true
      soon()
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await looking
    },
  }
}

function conflictNews(entry: QueueEntry, state: 'raised' | 'settled'): LiveNews {
  const { conflictId, scope, table, parts, type, severity } = entry
  return {
    type: 'conflict',
    state,
    conflictId,
    weddingId: scope,
    table,
    recordId: parts[0].record.id,
    fields: [...new Set(parts.map(({ field }) => field))],
    conflictType: type,
    severity,
  }
}

function isSame(a: LiveNews | undefined, b: LiveNews): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b)
}
