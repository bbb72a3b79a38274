/**
 * A batch before it is applied: what each change means, what is wrong with it whatever the record holds, and whether the
 * caller may ask for it at all.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { classOf, type Data } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import type { SyncAction, SyncChange } from '../../../model/rest/sync.ts'
import { mayEnterWedding } from '../../../model/roles.ts'
import { tableNamed, WEDDING_TABLES } from '../../../model/tables/index.ts'
import { validateData, writableData } from '../../../model/tables/validate.ts'
import type { Caller } from '../context.ts'
import { mayReadHere, mayReadNew, mayWriteHere, mayWriteNew, type Sight } from '../sight.ts'
import { type SealedWrite, sealedWrite } from './sealedWrite.ts'

/** A change as it is meant. */
export interface PlannedChange {
  /** How the reply names it. */
  readonly changeId: string
  readonly recordId: string
  readonly action: SyncAction
  readonly table: string
  /** Without the fields that the server sets. */
  readonly data: Data
  /** Where values are sealed: what is to be written, of which `data` has the names of the fields. */
  readonly sealed?: SealedWrite
  /** The wedding that the change names, if it names one. */
  readonly weddingId?: string
  readonly timestamp: string
  readonly clientVersion?: string
  /** Why it cannot be done, whatever the record holds. */
  readonly fault?: string
  /** Why a record of this id cannot be created, should there be none. */
  readonly createFault?: string
}

export interface PlanOptions {
  readonly validateChecksums: boolean
  /** Values are sealed: whether they are good, and their checksums, has been the device's work. */
  readonly isSealed: boolean
  /** Weddings that exist and belong to the caller's team. */
  readonly weddings: ReadonlySet<string>
}

export function planChanges(changes: readonly SyncChange[], options: PlanOptions): readonly PlannedChange[] {
  const weddings = new Set(options.weddings)
  return changes.map((change) => {
    const planned = planChange(change, options, weddings)
    // Later changes of the batch may put records into a wedding that an earlier one creates.
    if (createsWedding(planned) && planned.fault === undefined) weddings.add(planned.recordId)
    return planned
  })
}

export function createsWedding({ action, table }: PlannedChange): boolean {
  return action === 'create' && table === 'weddings'
}

const weddingReference = z.uuid().transform((id) => id.toLowerCase())

function planChange(
  change: SyncChange,
  { validateChecksums, isSealed }: PlanOptions,
  weddings: ReadonlySet<string>,
): PlannedChange {
  const { action, table, timestamp, clientVersion } = change
  const recordId = change.recordId ?? change.id.toLowerCase()
  const { data, sealed, fault: contentFault } = isSealed ? sealedContent(change) : openContent(change)
  const named = change.data.wedding_id ?? change.data.weddingId ?? undefined
  const reference = weddingReference.safeParse(named)
  const weddingId = reference.success ? reference.data : undefined
  const fault =
    checksumFault(change, validateChecksums && !isSealed) ??
    tableFault(table) ??
    (named !== undefined && !reference.success ? 'wedding_id: Invalid UUID' : undefined) ??
    contentFault
  const createFault = action === 'create' ? weddingFault(table, recordId, weddingId, weddings) : undefined
  return {
    changeId: change.id,
    recordId,
    action,
    table,
    data,
    ...(sealed && { sealed }),
    ...(weddingId !== undefined && { weddingId }),
    timestamp,
    ...(clientVersion !== undefined && { clientVersion }),
    ...(fault !== undefined && { fault }),
    ...(createFault !== undefined && { createFault }),
  }
}

function checksumFault({ checksum, data }: SyncChange, validate: boolean): string | undefined {
  if (!validate) return undefined
  if (checksum === undefined) return 'checksum: Required'
  const expected = createHash('sha256').update(canonicalJson(data)).digest('hex')
  return checksum === expected ? undefined : 'checksum: Does not match the data'
}

function tableFault(table: string): string | undefined {
  return WEDDING_TABLES.includes(table) ? undefined : `table: Unknown table ${JSON.stringify(table)}`
}

type Content = Pick<PlannedChange, 'data' | 'sealed' | 'fault'>

function openContent({ action, table, data: sent, edit }: SyncChange): Content {
  const data = writableData(sent)
  if (edit) return { data, fault: 'edit: Values are open here, send them as they are' }
  const reasons = action === 'delete' ? [] : validateData(table, data, action)
  return { data, ...(reasons.length > 0 && { fault: reasons.join('; ') }) }
}

function sealedContent({ action, table, data, edit }: SyncChange): Content {
  if (edit?.decided) return { data: {}, fault: 'edit.decided: Decisions go to /sync/resolve' }
  const sealed = sealedWrite({ action, table, data: writableData(data), edit })
  return sealed.ok ? { data: sealed.value.fields, sealed: sealed.value } : { data: {}, fault: sealed.error }
}

function weddingFault(
  table: string,
  recordId: string,
  weddingId: string | undefined,
  weddings: ReadonlySet<string>,
): string | undefined {
  if (table === 'weddings') {
    return weddingId === undefined || weddingId === recordId ? undefined : 'wedding_id: Must equal the id of a wedding'
  }
  if (weddingId === undefined) return 'wedding_id: Required'
  return weddings.has(weddingId) ? undefined : 'wedding_id: There is no such wedding'
}

/** Who asks, and what they may. */
export interface Authority {
  readonly caller: Caller
  readonly sight: Sight
  /** Weddings of the caller's team. */
  readonly weddings: ReadonlySet<string>
}

/**
 * Why the caller may not ask for this, which refuses the whole batch; `undefined` if they may.
 * @param record what stands under the id now
 */
export function refusal(
  change: PlannedChange,
  record: CausalRecord | undefined,
  authority: Authority,
): string | undefined {
  const place = record ? recordRefusal(change, record, authority) : placeRefusal(change, authority.caller)
  return place ?? (tableFault(change.table) === undefined ? roleRefusal(change, record, authority.sight) : undefined)
}

function recordRefusal(
  change: PlannedChange,
  record: CausalRecord,
  { caller: { grant }, sight, weddings }: Authority,
): string | undefined {
  const foreign = 'A change names a record that this caller may not touch'
  if (!weddings.has(record.scope) || !mayEnterWedding(grant, record.scope)) return foreign
  if (!mayReadHere(sight, record, record.base)) return foreign
  if (change.weddingId !== undefined && change.weddingId !== record.scope) {
    return 'A record stays in the wedding that it was created in'
  }
  return undefined
}

function placeRefusal(change: PlannedChange, { grant }: Caller): string | undefined {
  if (change.action !== 'create') return undefined
  if (change.table === 'weddings') {
    return grant.weddings === 'all' ? undefined : 'Only a member with all weddings of the team may create one'
  }
  if (change.weddingId === undefined || mayEnterWedding(grant, change.weddingId)) return undefined
  return 'A change names a wedding that this caller may not enter'
}

function roleRefusal(
  { action, table, data, sealed }: PlannedChange,
  current: CausalRecord | undefined,
  sight: Sight,
): string | undefined {
  // That it is in another table is said later: what is asked for is to be allowed where it was meant.
  const record = current && { ...current, table }
  const fields = action === 'delete' ? [] : Object.keys(data)
  const mayWrite = (names: readonly string[]) =>
    record ? mayWriteHere(sight, record, names) : mayWriteNew(sight, table, names)
  // Creating needs the right to create as well; what exists is only edited.
  const may = mayWrite(fields) && (action !== 'create' || record !== undefined || mayWrite([]))
  const mayRead = (readClass: string) =>
    record ? mayReadHere(sight, record, readClass) : mayReadNew(sight, table, readClass)
  const base = record?.base ?? sealed?.base ?? tableNamed(table).baseClass(data)
  // A value in a class that the caller cannot read would replace what they never saw.
  const unreadable = fields.filter((field) => !mayRead(classOf({ table, base }, field)))
  if (may && unreadable.length === 0) return undefined
  return `The role ${sight.role} may not ${action} ${unreadable.join(', ') || 'this'} in ${table}`
}
