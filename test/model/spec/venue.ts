/**
 * Two to seven replicas of a wedding, with different roles, that edit, delete, decide and send each other whatever they
 * hold, in any order, late and more than once; some are restored from a backup. Beside it, an account of every value that
 * was written, by which the outcome is judged.
 */
import fc from 'fast-check'
import { createClock } from '../../../model/merge/clock.ts'
import { type Conflict, conflictsOf } from '../../../model/merge/conflicts.ts'
import {
  type Author,
  classOf,
  createRecord,
  type Data,
  deleteRecord,
  editRecord,
  keepRecord,
} from '../../../model/merge/edit.ts'
import { type CausalRecord, liveValues, restrictRecord } from '../../../model/merge/record.ts'
import { editTag } from '../../../model/merge/tag.ts'
import { EMPTY_UNIT, nextCounter, writeUnit } from '../../../model/merge/unit.ts'
import { type Dot, EMPTY_VECTOR, type Vector } from '../../../model/merge/vector.ts'
import { uuidOf } from '../../support/ids.ts'
import { elevenChars } from '../../support/memoryReplica.ts'
import { join } from '../../support/mergeFuzz.ts'

/** What each role may read; the first replica reads everything, also what this version does not know. */
export const CLASSES: readonly (readonly string[])[] = [
  ['open', 'private', 'diet', 'money', 'inner', 'catering'],
  ['open', 'private', 'diet', 'money', 'inner'],
  ['open', 'diet'],
  ['open', 'private', 'money', 'catering'],
  ['open'],
]

/** Plainly; for people to decide; or late, with what its author saw at their last backup before their eyes. */
export type How = 'plain' | 'ask' | 'late'

export type Step =
  | { readonly kind: 'edit'; readonly by: number; readonly record: number; readonly data: Data; readonly how: How }
  | { readonly kind: 'delete' | 'keep' | 'decide' | 'newer'; readonly by: number; readonly record: number }
  | { readonly kind: 'send'; readonly by: number; readonly to: number }
  | { readonly kind: 'receive'; readonly by: number; readonly pick: number; readonly again: boolean }
  | { readonly kind: 'backup' | 'restore'; readonly by: number }

export interface Day {
  /** How far each replica's wall clock is off, in ms; also how many there are. */
  readonly clockErrors: readonly number[]
  readonly steps: readonly Step[]
}

export interface Replica {
  readonly classes: readonly string[]
  records: ReadonlyMap<string, CausalRecord>
}

/** One value that somebody wrote: where, under which dot, and what they had before their eyes. */
export interface Written extends Dot {
  readonly id: string
  readonly readClass: string
  readonly register: string
  readonly seen: Vector
}

export interface Evening {
  readonly replicas: readonly Replica[]
  /** Every state that some replica has been in. */
  readonly states: readonly CausalRecord[]
  readonly written: readonly Written[]
}

const word = fc.constantFrom('', 'Ana', 'by the lake', '😀 party', 'a\nb')
const names = fc.uniqueArray(fc.constantFrom('Ada', 'Grace', 'a/b~c', '😀'), { maxLength: 3 })
const number = fc.option(fc.integer({ min: 1, max: 4 }), { freq: 6 })

/** Fields of every policy and class, of a newer version too. What a table does not have is such a field there. */
const data: fc.Arbitrary<Data> = fc.record(
  {
    name: fc.constantFrom('Ada', 'Grace'),
    rsvpStatus: fc.constantFrom('attending', 'declined'),
    tableNumber: number,
    dietary: word,
    allergies: names,
    phone: word,
    notes: word,
    people: names,
    priority: number,
    done: fc.boolean(),
    description: word,
    internalNotes: word,
    drone: fc.oneof(word, fc.constant({ $sealed: { keyId: 'k', data: 'd' } })),
  },
  { requiredKeys: [] },
)

const TABLES = ['guests', 'photo_groups', 'drone_flights'] as const
const nat = fc.nat({ max: 20 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('edit' as const),
      by: nat,
      record: nat,
      data,
      how: fc.constantFrom<How>('plain', 'plain', 'ask', 'late'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom<'delete' | 'keep' | 'decide' | 'newer'>('delete', 'keep', 'decide', 'decide', 'newer'),
      by: nat,
      record: nat,
    }),
  },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('send' as const), by: nat, to: nat }) },
  {
    weight: 7,
    arbitrary: fc.record({ kind: fc.constant('receive' as const), by: nat, pick: nat, again: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('backup' as const, 'restore' as const), by: nat }) },
)

export const days: fc.Arbitrary<Day> = fc.record({
  clockErrors: fc.array(fc.integer({ min: -90_000_000, max: 90_000_000 }), { minLength: 2, maxLength: 7, size: 'max' }),
  steps: fc.array(step, { maxLength: 70, size: 'max' }),
})

const MORNING_MS = Date.parse('2026-06-13T10:00:00Z')

export function live({ clockErrors, steps }: Day): Evening {
  let nowMs = MORNING_MS
  const written: Written[] = []
  const states: CausalRecord[] = []
  const first = { actor: elevenChars('importer'), stamp: createClock(() => nowMs).next() }
  const start = new Map(
    TABLES.map((table, i) => {
      const record = createRecord({ id: uuidOf(i + 1), scope: uuidOf(99), table, data: { name: 'Start' } }, first)
      note(undefined, record, first.actor)
      return [record.id, record]
    }),
  )
  const people = clockErrors.map((error, i) => ({
    classes: CLASSES[i % CLASSES.length] ?? [],
    clock: createClock(() => nowMs + error),
    incarnation: 0,
    /** Messages under way to this person. */
    mail: [] as (readonly CausalRecord[])[],
    records: start as ReadonlyMap<string, CausalRecord>,
    backup: start as ReadonlyMap<string, CausalRecord>,
  }))
  type Person = (typeof people)[number]

  function note(before: CausalRecord | undefined, after: CausalRecord, actor: string, context = before): void {
    for (const { readClass, register, edit } of liveValues(after)) {
      const isOld = edit.counter <= (before?.units.get(readClass)?.vector.get(actor) ?? 0)
      if (edit.actor !== actor || isOld) continue
      const seen = context?.units.get(readClass)?.vector ?? EMPTY_VECTOR
      written.push({ id: after.id, readClass, register, seen, actor, counter: edit.counter })
    }
  }

  function put(person: Person, record: CausalRecord): void {
    states.push(record)
    person.records = new Map(person.records).set(record.id, record)
  }

  function take(person: Person, record: CausalRecord): void {
    const mine = person.records.get(record.id)
    const joined = mine ? join(mine, record) : record
    if (joined !== mine) put(person, joined)
  }

  for (const each of steps) {
    nowMs += 1_000
    const index = each.by % people.length
    const person = people[index]
    if (!person) continue
    // A new actor after a restore: the old one's counters are known to others and forgotten here.
    const author: Author = { actor: elevenChars(`${index}-${person.incarnation}`), stamp: person.clock.next() }
    switch (each.kind) {
      case 'send': {
        const to = people[each.to % people.length]
        to?.mail.push([...person.records.values()].flatMap((record) => readableBy(record, to.classes) ?? []))
        break
      }
      case 'receive': {
        const letter = person.mail[each.pick % Math.max(1, person.mail.length)]
        if (letter && !each.again) person.mail.splice(person.mail.indexOf(letter), 1)
        for (const record of letter ?? []) take(person, record)
        break
      }
      case 'backup':
        person.backup = person.records
        break
      case 'restore':
        person.records = person.backup
        person.incarnation++
        break
      default: {
        const open = [...person.records.values()].filter((record) => each.kind === 'decide' && queueOf(record)[0])
        const before = open[0] ?? nth(person.records, each.record)
        if (!before) break
        const seen = each.kind === 'edit' && each.how === 'late' ? person.backup.get(before.id) : before
        const after = changed(before, each, author, person.classes, seen)
        note(before, after, author.actor, seen)
        put(person, after)
      }
    }
  }
  return { replicas: people, states, written }
}

function nth(records: ReadonlyMap<string, CausalRecord>, n: number): CausalRecord | undefined {
  return [...records.values()][n % Math.max(1, records.size)]
}

function changed(
  record: CausalRecord,
  each: Extract<Step, { record: number; by: number }>,
  author: Author,
  classes: readonly string[],
  seen: CausalRecord | undefined,
): CausalRecord {
  switch (each.kind) {
    case 'edit': {
      // Nobody may write what they may not read: the door refuses it, see `rules.test.ts`.
      const fields = Object.entries(each.data).filter(([name]) => classes.includes(classOf(record, name)))
      return editRecord(
        record,
        Object.fromEntries(fields),
        each.how === 'ask' ? { ...author, ask: true } : author,
        (readClass) => seen?.units.get(readClass)?.vector ?? EMPTY_VECTOR,
      )
    }
    case 'delete':
      return deleteRecord(record, author)
    case 'keep':
      return keepRecord(record, author)
    case 'decide': {
      const [conflict] = queueOf(record)
      const [field = ''] = conflict?.fields ?? []
      if (!conflict) return record
      const decided = { conflictId: conflict.conflictId, strategy: 'merge_manual' }
      return editRecord(record, { [field]: conflict.values.at(-1)?.value }, { ...author, decided })
    }
    case 'newer':
      return classes.includes('catering') ? writtenByNewer(record, author) : record
    default:
      return record
  }
}

function queueOf(record: CausalRecord): readonly Conflict[] {
  return conflictsOf(record).filter(({ type }) => type === 'concurrent_edit')
}

/** An edit as a newer version makes it: a class, registers and a set that this version does not know. */
export function writtenByNewer(record: CausalRecord, { actor, stamp }: Author): CausalRecord {
  const units = new Map(record.units)
  for (const [readClass, names] of Object.entries({ catering: ['menu', '$sealedBy'], open: ['crew/Ada', '$lock'] })) {
    const unit = units.get(readClass) ?? EMPTY_UNIT
    const dot = { actor, counter: nextCounter(unit, actor) }
    const values = new Map(names.map((name) => [name, { by: actor, at: stamp }]))
    const tag = editTag(record.scope, { recordId: record.id, readClass }, dot, values)
    units.set(readClass, writeUnit(unit, { ...dot, stamp, tag }, values, unit.vector))
  }
  return { ...record, units }
}

export function readableBy(record: CausalRecord, classes: readonly string[]): CausalRecord | undefined {
  return restrictRecord(record, (readClass) => classes.includes(readClass))
}

/** Everybody tells the first replica, which reads everything, and it tells everybody. Returns how many records changed. */
export function exchangeAll(replicas: readonly Replica[]): number {
  const [hub, ...others] = replicas
  if (!hub) return 0
  let changes = 0
  const tell = (from: Replica, to: Replica): void => {
    for (const record of from.records.values()) {
      const readable = readableBy(record, to.classes)
      const mine = to.records.get(record.id)
      if (!readable) continue
      const joined = mine ? join(mine, readable) : readable
      if (joined === mine) continue
      changes++
      to.records = new Map(to.records).set(record.id, joined)
    }
  }
  for (const other of others) tell(other, hub)
  for (const other of others) tell(hub, other)
  return changes
}

/** Where values must stand: those that reached somebody for good and that nobody replaced who had seen them. */
export function survivors(written: readonly Written[], whole: ReadonlyMap<string, CausalRecord>): readonly string[] {
  const known = written.filter(({ id, readClass, actor, counter }) => {
    const vector = whole.get(id)?.units.get(readClass)?.vector
    return (vector?.get(actor) ?? 0) >= counter
  })
  const place = ({ id, readClass, register }: Written): string => `${id} ${readClass} ${register}`
  const writers = Map.groupBy(known, place)
  return known
    .filter((value) => !writers.get(place(value))?.some(({ seen }) => (seen.get(value.actor) ?? 0) >= value.counter))
    .map((value) => `${place(value)} ${value.actor} ${value.counter}`)
    .sort()
}

export function livePlaces(records: Iterable<CausalRecord>): readonly string[] {
  return [...records]
    .flatMap((record) =>
      [...liveValues(record)].map(
        ({ readClass, register, edit }) => `${record.id} ${readClass} ${register} ${edit.actor} ${edit.counter}`,
      ),
    )
    .sort()
}
