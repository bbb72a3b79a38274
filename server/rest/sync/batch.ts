/** A batch as one transaction: who may, what each author had seen, the edits, and one commit. */
import { makeStamp } from '../../../model/merge/clock.ts'
import type { Author } from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues } from '../../../model/merge/record.ts'
import type { Edit } from '../../../model/merge/unit.ts'
import type { Vector } from '../../../model/merge/vector.ts'
import type { SyncRequest } from '../../../model/rest/sync.ts'
import type { History, Superseded, Write } from '../../../model/sync/changeStore.ts'
import { supersededValues } from '../../../model/sync/superseded.ts'
import { fieldOf, tableNamed } from '../../../model/tables/index.ts'
import { writableData } from '../../../model/tables/validate.ts'
import type { Beginning } from '../../audit/trail.ts'
import type { Log } from '../../log.ts'
import type { Caller, Sealing, ServerContext } from '../context.ts'
import { describeFault, forbidden } from '../errors.ts'
import { updateOnRecord } from '../onRecord.ts'
import { sealedHere, sealingOf } from '../sealing.ts'
import { type Sight, sightOf, withActors } from '../sight.ts'
import { applyChange } from './apply.ts'
import type { Applied, Circumstances, ReadyChange } from './change.ts'
import { failed, type Outcome } from './outcome.ts'
import { createsWedding, type PlannedChange, planChanges, refusal } from './plan.ts'
import { holdsNothingOpen, type SealedWrite } from './sealedWrite.ts'

export interface BatchResult {
  /** In the order of the changes. */
  readonly outcomes: readonly { readonly change: PlannedChange; readonly outcome: Outcome }[]
  isOwn(edit: Edit): boolean
}

export interface BatchCircumstances {
  readonly log: Log
  readonly nowMs: number
  /** Of the operation in the audit. A dry run, which writes nothing, has none. */
  readonly beginning?: Beginning
}

/** Throws 403 if the caller may not ask for one of the changes; then nothing of the batch is done. */
export async function runBatch(
  context: ServerContext,
  caller: Caller,
  { changes, options }: SyncRequest,
  { log, nowMs, beginning }: BatchCircumstances,
): Promise<BatchResult> {
  if (changes.length === 0) return { outcomes: [], isOwn: () => false }
  const store = context.stores.changes
  const isTrial = beginning === undefined
  const [sealing, scopes, sight] = await Promise.all([
    sealingOf(context, caller),
    context.weddingsOf(caller.team),
    sightOf(context, caller),
  ])
  const weddings: ReadonlySet<string> = new Set(scopes)
  const { validateChecksums } = options
  const planned = planChanges(changes, { validateChecksums, isSealed: sealing !== undefined, weddings })
  const ids = [...new Set(planned.map(({ recordId }) => recordId))]
  const current = await store.records(ids)
  const refuseIn =
    (sight: Sight) =>
    (change: PlannedChange, record: CausalRecord | undefined): void => {
      const reason = refusal(change, record, { caller, sight, weddings })
      if (reason !== undefined) throw forbidden(reason, { changeId: change.changeId })
    }
  planned.forEach((change) => {
    refuseIn(sight)(change, current.get(change.recordId))
  })
  if (sealing) refuseOpen(changes)
  const pasts = await Promise.all(planned.map((change) => pastOf(context, change, current.get(change.recordId))))
  // From here on something may be written.
  await beginning?.beforeWriting()
  if (sealing) await claimActors(sealing, caller, planned, isTrial)
  if (!isTrial) await claimWeddings(context, caller, planned, current)

  // Of a sealed batch nothing is written but what is sealed, under its own author.
  const nextAuthor = isTrial || sealing ? trialAuthors(nowMs) : await context.authors(caller)
  const ready = planned.map(
    (change, i): ReadyChange =>
      change.sealed ? asSealed(change, change.sealed) : { ...change, author: nextAuthor(), ...(pasts[i] ?? NO_PAST) },
  )
  const own = new Set(ready.map(({ author }) => `${author.actor} ${author.stamp}`))
  const isOwn = ({ actor, stamp }: Pick<Edit, 'actor' | 'stamp'>) => own.has(`${actor} ${stamp}`)
  // What an earlier change of the batch has created is the caller's own.
  const refuse = refuseIn(
    withActors(
      sight,
      ready.map(({ author }) => author.actor),
    ),
  )
  const run = new BatchRun(ready, { view: sight.view, strategy: options.conflictResolution, isOwn }, refuse)
  if (beginning) {
    await updateOnRecord(context.stores, beginning, ids, (records) => run.apply(records))
    for (const [recordId, lost] of run.lost()) {
      await beginning.onDisk()
      await context.stores.history.keep(recordId, lost)
    }
  } else {
    run.apply(current)
  }
  for (const fault of run.faults()) log('rest:change-failed', describeFault(fault))
  return { outcomes: run.outcomes(), isOwn }
}

/** Where one store serves many teams, the id of a new wedding must not be that of somebody else's. */
async function claimWeddings(
  context: ServerContext,
  caller: Caller,
  planned: readonly PlannedChange[],
  current: ReadonlyMap<string, CausalRecord>,
): Promise<void> {
  if (!context.claimWedding) return
  for (const change of planned) {
    if (!createsWedding(change) || change.fault !== undefined || current.has(change.recordId)) continue
    if (await context.claimWedding(caller.team, change.recordId)) continue
    throw forbidden('A change names a wedding that this caller may not enter', { changeId: change.changeId })
  }
}

/** What is in the open here is not to be stored, whatever else is right or wrong with it. */
function refuseOpen(changes: SyncRequest['changes']): void {
  for (const { id, table, data, edit } of changes) {
    if (edit && holdsNothingOpen(table, writableData(data))) continue
    throw sealedHere('This team seals its values: make the change on one of its devices, or seal it', { changeId: id })
  }
}

/** Whoever seals does so under an actor of their own device. */
async function claimActors(
  sealing: Sealing,
  caller: Caller,
  planned: readonly PlannedChange[],
  isTrial: boolean,
): Promise<void> {
  for (const { sealed, changeId } of planned) {
    if (!sealed || (await sealing.claimActor(caller, sealed.author.actor, isTrial))) continue
    throw forbidden('A change is by an actor of somebody else', { changeId })
  }
}

function asSealed(change: PlannedChange, { author, units }: SealedWrite): ReadyChange {
  const base = new Map([...units].map(([readClass, { seen }]) => [readClass, seen]))
  return { ...change, author, base, history: [] }
}

/** As long as an actor's id; a dry run writes nothing, so no replica ever sees it. */
const TRIAL_ACTOR = 'dry-run-dry'

function trialAuthors(nowMs: number): () => Author {
  let count = 0
  return () => ({ actor: TRIAL_ACTOR, stamp: makeStamp(nowMs, count++) })
}

const VERSION = /^\d{1,15}$/
const NEVER: ReadonlyMap<string, Vector> = new Map()
const NO_PAST = { base: NEVER, history: [] }

/** What the author of the change had seen of the record. What history does not know counts as not seen. */
async function pastOf(
  { stores: { history } }: ServerContext,
  { recordId, clientVersion, timestamp, table, data, action }: PlannedChange,
  record: CausalRecord | undefined,
): Promise<Pick<ReadyChange, 'base' | 'history'>> {
  if (!record || action === 'create') return NO_PAST
  const policies = Object.keys(data).map((name) => fieldOf(tableNamed(table), name).policy)
  const isBuiltOn = policies.some((policy) => policy === 'text' || policy === 'set')
  const moment = momentOf(clientVersion, timestamp)
  const [base, superseded] = await Promise.all([
    moment && history.vectorsAt(recordId, moment),
    isBuiltOn ? history.superseded(recordId) : [],
  ])
  return { base: base ?? NEVER, history: superseded }
}

/** `undefined` for a version that no record has. */
function momentOf(
  clientVersion: string | undefined,
  timestamp: string,
): Parameters<History['vectorsAt']>[1] | undefined {
  if (clientVersion === undefined) return { ms: Date.parse(timestamp) }
  return VERSION.test(clientVersion) ? { version: Number(clientVersion) } : undefined
}

interface Numbered {
  readonly index: number
  readonly change: ReadyChange
}

interface GroupResult {
  readonly existed: boolean
  readonly wrote: boolean
  readonly outcomes: ReadonlyMap<number, Outcome>
  readonly lost: readonly Superseded[]
  /** What was thrown over single changes. */
  readonly faults: readonly unknown[]
}

/**
 * Applies the changes, record by record, each time the store asks. It may ask again, about all records or those that
 * somebody else changed meanwhile; what is committed already then keeps its outcome, since applying it once more would
 * only find it done.
 */
class BatchRun {
  readonly #changes: readonly ReadyChange[]
  readonly #circumstances: Circumstances
  readonly #refuse: (change: PlannedChange, record: CausalRecord | undefined) => void
  readonly #groups: ReadonlyMap<string, readonly Numbered[]>
  readonly #results = new Map<string, GroupResult>()

  constructor(
    changes: readonly ReadyChange[],
    circumstances: Circumstances,
    refuse: (change: PlannedChange, record: CausalRecord | undefined) => void,
  ) {
    this.#changes = changes
    this.#circumstances = circumstances
    this.#refuse = refuse
    this.#groups = Map.groupBy(
      changes.map((change, index) => ({ index, change })),
      ({ change }) => change.recordId,
    )
  }

  apply(current: ReadonlyMap<string, CausalRecord>): readonly Write[] {
    const writes: Write[] = []
    for (const [recordId, group] of this.#groups) {
      const record = current.get(recordId)
      if (this.#isCommitted(this.#results.get(recordId), record)) continue
      const after = this.#applyGroup(recordId, group, record)
      if (after && after !== record) writes.push({ record: after })
    }
    return writes
  }

  #isCommitted(before: GroupResult | undefined, record: CausalRecord | undefined): boolean {
    if (!before) return false
    // Not asked about any more.
    if (!record) return before.existed
    return before.wrote && [...liveValues(record)].some(({ edit }) => this.#circumstances.isOwn(edit))
  }

  #applyGroup(
    recordId: string,
    group: readonly Numbered[],
    before: CausalRecord | undefined,
  ): CausalRecord | undefined {
    const outcomes = new Map<number, Outcome>()
    const lost: Superseded[] = []
    const faults: unknown[] = []
    const committed = before ? dotsOf(before) : new Set<string>()
    let record = before
    for (const { index, change } of group) {
      // The record may have appeared after the batch was checked.
      this.#refuse(change, record)
      const applied = this.#applyAlone(record, change, faults)
      outcomes.set(index, applied.outcome)
      lost.push(...applied.lost)
      if (record && applied.record) {
        // The store notes what a commit takes away, and never sees what came and went within one.
        lost.push(...supersededValues(record, applied.record).filter((value) => !committed.has(placeOf(value))))
      }
      record = applied.record
    }
    this.#results.set(recordId, { existed: before !== undefined, wrote: record !== before, outcomes, lost, faults })
    return record
  }

  /** A change over which our own code stumbles fails by itself; the others of the batch go on. */
  #applyAlone(record: CausalRecord | undefined, change: ReadyChange, faults: unknown[]): Applied {
    try {
      return applyChange(record, change, this.#circumstances)
    } catch (fault) {
      faults.push(fault)
      return { record, outcome: failed('The server failed over this change'), lost: [] }
    }
  }

  *faults(): Generator<unknown> {
    for (const { faults } of this.#results.values()) yield* faults
  }

  outcomes(): BatchResult['outcomes'] {
    return this.#changes.map((change, index) => {
      const outcome = this.#results.get(change.recordId)?.outcomes.get(index)
      if (!outcome) throw new Error('a change of the batch was never applied')
      return { change, outcome }
    })
  }

  /** Record id → values for its history that no commit shows. */
  *lost(): Generator<readonly [string, readonly Superseded[]]> {
    for (const [recordId, { lost }] of this.#results) if (lost.length > 0) yield [recordId, lost]
  }
}

function dotsOf(record: CausalRecord): ReadonlySet<string> {
  return new Set([...liveValues(record)].map((value) => placeOf({ ...value, ...value.edit })))
}

function placeOf(value: Pick<Superseded, 'readClass' | 'register' | 'actor' | 'counter'>): string {
  return JSON.stringify([value.readClass, value.register, value.actor, value.counter])
}
