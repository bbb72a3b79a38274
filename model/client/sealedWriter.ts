/**
 * Writes of a client that holds the keys of sealed values, to a server that merges what it cannot read (decision 0043): edits as
 * on any device, under an actor of the client's own, sealed before they leave.
 *
 *     const writer = createSealedWriter({ border, actor, stamp: clock.next })
 *     const change = await writer.update(record, { meal: 'fish' })
 *     if (change.ok) await pushChanges(api, [change.value], { now, batchId })
 *
 * Records come in open, as this client last had them, and are not changed: what the server made of a write comes back as any
 * other news does. The writer counts its edits itself, so a record may be older than what it has sent.
 */
import { applyEdits } from '../conflicts/apply.ts'
import { type Decision, type DecisionError, decide } from '../conflicts/decide.ts'
import type { QueueEntry } from '../conflicts/entry.ts'
import type { Stamp } from '../merge/clock.ts'
import { type Author, createRecord, type Data, deleteRecord, editRecord, type NewRecord } from '../merge/edit.ts'
import { type Envelope, envelopeValue, readSealed } from '../merge/envelope.ts'
import type { CausalRecord } from '../merge/record.ts'
import { type Edit, EMPTY_UNIT, type Sibling, type Unit } from '../merge/unit.ts'
import { type ActorId, covers, EMPTY_VECTOR } from '../merge/vector.ts'
import type { ROUTES } from '../rest/routes.ts'
import { type SealedEdit, type SealedRegister, sealedEdit } from '../rest/sealed.ts'
import { err, ok, type Result } from '../result.ts'
import type { Border } from '../sync/border.ts'
import type { OutgoingChange } from './calls.ts'
import type { RequestOf } from './client.ts'

export interface SealedWriterOptions {
  /** With the keys of this device (`sealingBorder`). */
  readonly border: Pick<Border, 'outgoing'>
  /**
   * 8 random bytes as base64url, made for this writer and used by nobody else, also not by the writer that comes after it: a
   * counter that was forgotten would be given out again.
   */
  readonly actor: ActorId
  /** A later stamp each time (`createClock`). */
  readonly stamp: () => Stamp
}

export type SealError =
  /** The record says it all already. */
  | { readonly kind: 'nothing-new' }
  /** This device may not write what it cannot read. */
  | { readonly kind: 'no-key'; readonly readClass: string }
  /** It takes more than one edit of one record: decide field by field. */
  | { readonly kind: 'several-edits' }

type Resolution = RequestOf<(typeof ROUTES)['resolve']>['body']

export interface SealedWriter {
  create(record: NewRecord): Promise<Result<OutgoingChange, SealError>>
  /** @param more `ask`, so that a person decides where it clashes: the strategies `manual` and `merge` need it */
  update(record: CausalRecord, data: Data, more?: Pick<Author, 'ask'>): Promise<Result<OutgoingChange, SealError>>
  delete(record: CausalRecord): Promise<Result<OutgoingChange, SealError>>
  /** @param entry of the queue over open records */
  decide(entry: QueueEntry, decision: Decision): Promise<Result<Resolution, SealError | DecisionError>>
}

export function createSealedWriter({ border, actor, stamp }: SealedWriterOptions): SealedWriter {
  /** By record and class, how many edits of this writer were sealed in that unit. */
  const counters = new Map<string, Map<string, number>>()
  const author = (): Author => ({ actor, stamp: stamp() })

  /** The record as if it held what this writer has sent: its next edit takes the next number. */
  function counted(record: CausalRecord): CausalRecord {
    const units = new Map(record.units)
    for (const [readClass, counter] of counters.get(record.id) ?? []) {
      const { vector, registers } = units.get(readClass) ?? EMPTY_UNIT
      if (!covers(vector, { actor, counter })) {
        units.set(readClass, { vector: new Map(vector).set(actor, counter), registers })
      }
    }
    return { ...record, units }
  }

  function count(recordId: string, { readClass, edit }: News): void {
    const of = counters.get(recordId) ?? new Map<string, number>()
    counters.set(recordId, of.set(readClass, edit.counter))
  }

  async function sealed(
    before: CausalRecord | undefined,
    after: CausalRecord,
  ): Promise<Result<{ readonly data: Data; readonly edit: SealedEdit }, SealError>> {
    const news = newsIn(before, after)
    if (news.length === 0) return err({ kind: 'nothing-new' })
    for (const each of news) count(after.id, each)
    const [first] = news
    if (
      !first ||
      news.some(({ readClass, edit }) => !belongsWith(first.edit, edit) || isSecond(news, readClass, edit))
    ) {
      return err({ kind: 'several-edits' })
    }
    const units = news.map(({ readClass, registers }) => [readClass, { vector: EMPTY_VECTOR, registers }] as const)
    const outside = await border.outgoing({ ...after, units: new Map(units) })
    const data: [string, SealedRegister][] = []
    const parts: [string, SealedEdit['units'][keyof SealedEdit['units']]][] = []
    for (const { readClass } of news) {
      const [edit, ...registers] = registersOf(outside.units.get(readClass))
      if (!edit) return err({ kind: 'no-key', readClass })
      const { vector: seen } = before?.units.get(readClass) ?? EMPTY_UNIT
      parts.push([readClass, { counter: edit.edit.counter, tag: edit.edit.tag, seen: Object.fromEntries(seen) }])
      for (const { register, value } of [edit, ...registers]) data.push([register, registerOf(value, edit.edit)])
    }
    const { ask, operation, decided } = first.edit
    // Parsed, since classes of a newer version are nothing that this one may write.
    const edit = sealedEdit.parse({
      base: after.base,
      actor,
      stamp: first.edit.stamp,
      ...(ask && { ask }),
      ...(operation !== undefined && { operation }),
      ...(decided && { decided }),
      units: Object.fromEntries(parts),
    })
    return ok({ data: Object.fromEntries(data), edit })
  }

  async function change(
    action: OutgoingChange['action'],
    before: CausalRecord | undefined,
    after: CausalRecord,
  ): Promise<Result<OutgoingChange, SealError>> {
    const { id, table, scope } = after
    const content = await sealed(before, after)
    if (!content.ok) return content
    const { data, edit } = content.value
    return ok({ action, table, id, data: before ? data : { ...data, wedding_id: scope }, edit })
  }

  return {
    create: (record) => change('create', undefined, createRecord(record, author())),

    update(record, data, more = {}) {
      const before = counted(record)
      return change('update', before, editRecord(before, data, { ...author(), ...more }))
    },

    delete(record) {
      const before = counted(record)
      return change('delete', before, deleteRecord(before, author()))
    },

    async decide(entry, decision) {
      const { conflictId } = entry
      const { strategy } = decision
      const edits = decide(entry, decision, author())
      if (!edits.ok) return edits
      const [first, ...others] = edits.value
      if (!first) return err({ kind: 'nothing-new' })
      if (others.some(({ recordId }) => recordId !== first.recordId)) return err({ kind: 'several-records' })
      // Whether a record exists is open: the server writes that itself.
      if (others.length === 0 && first.change.kind !== 'write') return ok({ conflictId, resolution: { strategy } })
      const before = counted(first.before)
      const content = await sealed(before, applyEdits(before, edits.value))
      if (!content.ok) return content
      const { data: mergedData, edit } = content.value
      return ok({ conflictId, resolution: { strategy, mergedData, edit } })
    },
  }
}

interface News {
  readonly readClass: string
  readonly edit: Edit
  readonly registers: ReadonlyMap<string, readonly Sibling[]>
}

/** What each new edit wrote, by unit. */
function newsIn(before: CausalRecord | undefined, after: CausalRecord): readonly News[] {
  return [...after.units].flatMap(([readClass, { registers }]) => {
    const { vector } = before?.units.get(readClass) ?? EMPTY_UNIT
    const written = [...registers].flatMap(([register, siblings]) =>
      siblings.flatMap((sibling) => (covers(vector, sibling.edit) ? [] : [{ register, sibling }])),
    )
    return [...Map.groupBy(written, ({ sibling }) => sibling.edit)].map(([edit, of]): News => {
      return { readClass, edit, registers: new Map(of.map(({ register, sibling }) => [register, [sibling]])) }
    })
  })
}

function isSecond(news: readonly News[], readClass: string, edit: Edit): boolean {
  return news.some((other) => other.readClass === readClass && other.edit.counter < edit.counter)
}

/** Apart from their dots, the edits of one write say the same. */
function belongsWith(a: Edit, b: Edit): boolean {
  return a.stamp === b.stamp && a.ask === b.ask && a.operation === b.operation
}

function registersOf(unit: Unit | undefined) {
  return [...(unit?.registers ?? [])].flatMap(([register, siblings]) =>
    siblings.map(({ edit, value }) => ({ register, edit, value })),
  )
}

function registerOf(value: Envelope, { actor, counter }: Edit): SealedRegister {
  const $sealed = readSealed(value)
  const dot = `${actor}:${counter}`
  return $sealed ? { $sealed, dot } : { $plain: envelopeValue(value), dot }
}
