/**
 * The outgoing queue of this server: for each upstream, what its change log holds beyond the place that the upstream has
 * acknowledged. Nothing is stored for it, so it cannot be wrong about what is still to be sent.
 */
import { v5 as uuidv5 } from 'uuid'
import { stampTime } from '../../model/merge/clock.ts'
import { decodeRecord, encodeRecord } from '../../model/merge/codec.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { compareText } from '../../model/merge/vector.ts'
import { type RecordView, viewRecord } from '../../model/merge/view.ts'
import { changePriority } from '../../model/rest/priority.ts'
import type { QueueEntry } from '../../model/rest/queue.ts'
import { openCursors } from '../../model/sync/cursors.ts'
import { SEES_ALL, type View } from '../../model/sync/rules.ts'
import type { Caller, OutgoingPeer, ServerContext } from './context.ts'
import { type DeadLetter, deadLetters, isLetterInView, type RefusedRecord, refusedByPeers } from './deadLetters.ts'
import { type DraftLetter, draftedRecord, draftLetters } from './draftLetters.ts'
import type { People, Person } from './people.ts'
import { readablePart, weddingsFor } from './reading.ts'
import { sightOf } from './sight.ts'

const NAMESPACE = '0d7e0d0a-3b53-4f0e-8f7a-2f0c1d3e5a77'
/** Of one wedding towards one upstream: what lies beyond is counted, not listed. */
const MAX_LISTED = 1_000
/** What is not known of a device yet (§1.3). */
export const DEFAULT_PROCESSING_MS = 1_000

export interface OutgoingQueue {
  /** The most urgent first, then the oldest. */
  readonly items: readonly QueueEntry[]
  /** With what is beyond the list. */
  readonly waiting: number
  readonly failed: number
}

export interface QueueQuestion {
  readonly caller: Caller
  readonly people: People
  /** Whose edits; absent: everybody's. */
  readonly isOf?: (person: Person | undefined) => boolean
  /** What one item takes, ms. */
  readonly itemMs: number
  readonly nowMs: number
}

/** With what the caller sees. */
interface SeenQuestion extends QueueQuestion {
  readonly reader: View
}

export async function outgoingQueue(context: ServerContext, asked: QueueQuestion): Promise<OutgoingQueue> {
  const { caller } = asked
  const question = { ...asked, reader: (await sightOf(context, caller)).view }
  const scopes = [caller.team, ...(await weddingsFor(context, caller))]
  const items: QueueEntry[] = []
  let beyond = 0
  const peers = (await context.outgoing?.peers()) ?? []
  for (const peer of peers) {
    const sent = peer.epoch === undefined ? undefined : await sentTo(context, peer.epoch)
    for (const scope of scopes) {
      const page = await context.stores.changes.changesSince(scope, sent?.get(scope) ?? 0, {
        limit: MAX_LISTED,
        ...(peer.epoch !== undefined && { except: peer.epoch }),
      })
      if (page.changes.length === 0) continue
      const date = await dateOf(context, scope)
      for (const { record } of page.changes) {
        const item = itemOf(record, peer, date, question)
        if (item) items.push(item)
      }
      if (page.more && !question.isOf) beyond += await context.stores.changes.countSince(scope, page.upTo, peer.epoch)
    }
  }
  const letters = (await deadLetters(context.stores, scopes))
    .filter((letter) => isLetterInView(letter, question.reader))
    .flatMap((letter) => letterItem(letter, question))
  // What people typed at this device is theirs to see, whatever their role.
  const own = context.isOwn?.(caller) ? { ...question, reader: SEES_ALL } : question
  const drafted = (await draftLetters(context.stores, scopes)).flatMap((letter) => draftItem(letter, own))
  const kinds = new Map(peers.map(({ epoch, kind }) => [epoch, kind]))
  const refused = await refusedByPeers(context.stores, scopes)
  const records = await context.stores.changes.records(refused.map(({ id }) => id))
  const failed = refused.flatMap((each) => {
    const record = records.get(each.id)
    return record ? refusedItem(each, record, kinds.get(each.peer) ?? 'device', question) : []
  })
  return {
    items: [...items, ...letters, ...drafted, ...failed].sort(mostUrgentFirst),
    waiting: items.length + beyond,
    failed: letters.length + drafted.length + failed.length,
  }
}

async function sentTo({ stores: { state, changes } }: ServerContext, epoch: string) {
  return (await openCursors(state, changes.epoch, epoch)).sent
}

async function dateOf({ stores: { changes } }: ServerContext, scope: string): Promise<unknown> {
  const wedding = (await changes.records([scope])).get(scope)
  return wedding && viewRecord(wedding).data.date
}

function itemOf(
  record: CausalRecord,
  { kind, epoch, isConnected, attempts, nextRetryMs, problem }: OutgoingPeer,
  date: unknown,
  { reader, people, isOf, itemMs, nowMs }: SeenQuestion,
): QueueEntry | undefined {
  // Whose edits are whose goes along with the edits; nobody waits for it.
  if (record.table === 'actors') return undefined
  const part = readablePart(record, reader)
  if (!part) return undefined
  const view = viewRecord(part)
  if (isOf && !isOf(people.get(view.updated.actor))) return undefined
  const at = stampTime(view.updated.stamp)
  return {
    id: uuidv5(`${kind}/${epoch ?? ''}/${record.id}`, NAMESPACE),
    operation_type: operationOf(view),
    priority: changePriority(record.table, date, nowMs),
    status: isConnected ? 'processing' : 'pending',
    created_at: at,
    updated_at: at,
    retry_count: attempts,
    last_error: problem ?? null,
    data_size_bytes: JSON.stringify(encodeRecord(part)).length,
    estimated_processing_time_ms: itemMs,
    table: record.table,
    recordId: record.id,
    weddingId: record.scope,
    upstream: kind,
    nextRetryAt: nextRetryMs === undefined ? null : new Date(nextRetryMs).toISOString(),
  }
}

function operationOf({ deleted, created, updated }: RecordView): QueueEntry['operation_type'] {
  if (deleted) return 'delete'
  return stampTime(updated.stamp) === new Date(created.ms).toISOString() ? 'create' : 'update'
}

/** A record that could not be taken: it goes nowhere until somebody has looked at it, so it comes first. */
function letterItem(letter: DeadLetter, { people, isOf, itemMs }: QueueQuestion): QueueEntry[] {
  const { letterId, id, scope, reason, raw } = letter
  const decoded = decodeRecord(raw)
  const view = decoded.ok ? viewRecord(decoded.value) : undefined
  if (isOf && !isOf(view && people.get(view.updated.actor))) return []
  const at = view ? stampTime(view.updated.stamp) : UNKNOWN_TIME
  return [
    {
      id: letterId,
      operation_type: view ? operationOf(view) : 'update',
      priority: HIGHEST_PRIORITY,
      status: 'failed',
      created_at: at,
      updated_at: at,
      retry_count: 0,
      last_error: reason,
      data_size_bytes: JSON.stringify(raw).length,
      estimated_processing_time_ms: itemMs,
      table: view?.table ?? '',
      recordId: id,
      weddingId: scope,
      upstream: 'device',
      nextRetryAt: null,
    },
  ]
}

/** What somebody typed here and may not write: it is nowhere but here and in the quarantine of who refused it. */
function draftItem(letter: DraftLetter, question: SeenQuestion): readonly QueueEntry[] {
  const drafted = draftedRecord(letter)
  return drafted ? refusedItem({ ...letter, attempts: 1 }, drafted, 'device', question) : []
}

/** A record of ours that a peer does not take: it is here and nowhere beyond, so it comes first as well. */
function refusedItem(
  { letterId, reason, attempts }: Pick<RefusedRecord, 'letterId' | 'reason' | 'attempts'>,
  record: CausalRecord,
  upstream: QueueEntry['upstream'],
  { reader, people, isOf, itemMs }: SeenQuestion,
): readonly QueueEntry[] {
  const part = readablePart(record, reader)
  const view = part && viewRecord(part)
  if (!view || (isOf && !isOf(people.get(view.updated.actor)))) return []
  const at = stampTime(view.updated.stamp)
  return [
    {
      id: letterId,
      operation_type: operationOf(view),
      priority: HIGHEST_PRIORITY,
      status: 'failed',
      created_at: at,
      updated_at: at,
      retry_count: attempts,
      last_error: reason,
      data_size_bytes: JSON.stringify(encodeRecord(part)).length,
      estimated_processing_time_ms: itemMs,
      table: record.table,
      recordId: record.id,
      weddingId: record.scope,
      upstream,
      nextRetryAt: null,
    },
  ]
}

const HIGHEST_PRIORITY = 10
/** Of what came so damaged that it does not even say when it was made. */
const UNKNOWN_TIME = new Date(0).toISOString()

function mostUrgentFirst(a: QueueEntry, b: QueueEntry): number {
  return b.priority - a.priority || compareText(a.created_at, b.created_at) || compareText(a.id, b.id)
}
