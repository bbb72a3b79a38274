import fc from 'fast-check'
import { createClock } from '../../model/merge/clock.ts'
import { type Author, createRecord, type Data, deleteRecord, editRecord, keepRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords, liveValues, restrictRecord } from '../../model/merge/record.ts'
import type { Dot, Vector } from '../../model/merge/vector.ts'
import { uuidOf } from './ids.ts'
import { elevenChars } from './memoryReplica.ts'

/** Replicas that edit one record and exchange it in any order, and an independent account of what must be left. */
export interface History {
  readonly table: string
  /** How far each replica's wall clock is off, in ms. */
  readonly clockErrors: readonly number[]
  readonly steps: readonly Step[]
}

export type Step =
  | { readonly kind: 'edit'; readonly by: number; readonly data: Data; readonly ask: boolean }
  | { readonly kind: 'delete' | 'keep'; readonly by: number }
  /** `age` states back in the history of the sender: an old message that arrives late, or twice. */
  | { readonly kind: 'deliver'; readonly from: number; readonly to: number; readonly age: number }

/** One value that somebody wrote: where, under which dot, and what they had before their eyes. */
export interface Written extends Dot {
  readonly readClass: string
  readonly register: string
  readonly seen: Vector
}

export interface Outcome {
  /** What each replica holds at the end, before the last exchange. */
  readonly replicas: readonly CausalRecord[]
  readonly states: readonly CausalRecord[]
  readonly written: readonly Written[]
}

const word = fc.constantFrom('', 'Ana', 'Ben', 'lake', '😀 party', 'a\nb')
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 8 })
const words = fc.uniqueArray(fc.constantFrom('Ada', 'Grace', 'a/b~c', '😀', '$x'), { maxLength: 4 })
const moment = fc.constantFrom('2026-06-13T10:00:00Z', '2026-06-13T11:00:00Z', '2026-06-13T12:30:00Z')
const anything = fc.oneof(word, fc.integer({ min: 0, max: 3 }), fc.constant({ $sealed: { keyId: 'k', data: 'd' } }))

/** Between them these have every policy and every read class, fields of a newer version, and a newer table. */
const DATA: Readonly<Record<string, fc.Arbitrary<Data>>> = {
  guests: fc.record(
    {
      name: fc.constantFrom('Ada', 'Grace'),
      rsvpStatus: fc.constantFrom('pending', 'attending', 'declined'),
      tableNumber: fc.integer({ min: 1, max: 3 }),
      dietary: nullable(word),
      allergies: words,
      phone: nullable(word),
      notes: word,
      shirtSize: anything,
    },
    { requiredKeys: [] },
  ),
  vendors: fc.record(
    {
      name: fc.constantFrom('Florist', 'Band'),
      checkInTime: nullable(moment),
      mealCount: nullable(fc.integer({ min: 0, max: 4 })),
      actual: fc.integer({ min: 0, max: 3 }),
      contractStatus: word,
      notes: word,
      tags: words,
    },
    { requiredKeys: [] },
  ),
  photo_groups: fc.record(
    {
      name: fc.constantFrom('Family', 'Friends'),
      priority: fc.integer({ min: 1, max: 10 }),
      done: nullable(fc.boolean()),
      people: words,
      description: word,
      internalNotes: word,
    },
    { requiredKeys: [] },
  ),
  seating_plans: fc.record({ layout: anything, rows: anything }, { requiredKeys: [] }),
}

const replica = fc.nat({ max: 3 })

function stepOf(table: string): fc.Arbitrary<Step> {
  const data = DATA[table] ?? fc.constant({})
  const deliver = fc.record({
    kind: fc.constant('deliver' as const),
    from: replica,
    to: replica,
    age: fc.oneof(fc.constant(0), fc.nat({ max: 5 })),
  })
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('edit' as const),
        by: replica,
        data,
        ask: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'keep' as const), by: replica }) },
    { weight: 4, arbitrary: deliver },
  )
}

export const histories: fc.Arbitrary<History> = fc.constantFrom(...Object.keys(DATA)).chain((table) =>
  fc.record({
    table: fc.constant(table),
    clockErrors: fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 2, maxLength: 4 }),
    steps: fc.array(stepOf(table), { maxLength: 24 }),
  }),
)

/** Joins records that must be joinable. */
export function join(a: CausalRecord, b: CausalRecord): CausalRecord {
  const joined = joinRecords(a, b)
  if (!joined.ok) throw new Error(`cannot join: ${JSON.stringify(joined.error)}`)
  return joined.value
}

export function joinAll(records: readonly CausalRecord[]): CausalRecord {
  return records.reduce(join)
}

const START_MS = Date.parse('2026-06-13T10:00:00Z')

export function play({ table, clockErrors, steps }: History): Outcome {
  let nowMs = START_MS
  const clocks = clockErrors.map((error) => createClock(() => nowMs + error))
  const author = (by: number, more: Partial<Author> = {}): Author => ({
    actor: elevenChars(`actor${by}`),
    stamp: clocks[by]?.next() ?? '',
    ...more,
  })
  const written: Written[] = []
  const note = (before: CausalRecord | undefined, after: CausalRecord, actor: string): void => {
    if (before === after) return
    for (const { readClass, register, edit } of liveValues(after)) {
      const seen = before?.units.get(readClass)?.vector ?? new Map<string, number>()
      if (edit.actor !== actor || edit.counter <= (seen.get(actor) ?? 0)) continue
      written.push({ readClass, register, seen, actor, counter: edit.counter })
    }
  }
  const first = createRecord({ id: uuidOf(7), scope: uuidOf(8), table, data: { name: 'Ada' } }, author(0))
  note(undefined, first, elevenChars('actor0'))
  const pasts: CausalRecord[][] = clockErrors.map(() => [first])
  const latest = (by: number): CausalRecord => pasts[by]?.at(-1) ?? first
  const put = (by: number, record: CausalRecord): void => {
    if (record !== latest(by)) pasts[by]?.push(record)
  }
  for (const step of steps) {
    nowMs += 1_000
    if (step.kind === 'deliver') {
      const from = step.from % clockErrors.length
      const to = step.to % clockErrors.length
      put(to, join(latest(to), pasts[from]?.at(-1 - step.age) ?? latest(from)))
      continue
    }
    const by = step.by % clockErrors.length
    const before = latest(by)
    const as = author(by, step.kind === 'edit' && step.ask ? { ask: true } : {})
    const after =
      step.kind === 'edit'
        ? editRecord(before, step.data, as)
        : step.kind === 'delete'
          ? deleteRecord(before, as)
          : keepRecord(before, as)
    note(before, after, as.actor)
    put(by, after)
  }
  return { replicas: clockErrors.map((_, by) => latest(by)), states: pasts.flat(), written }
}

/** The values that nobody replaced who had them before their eyes, by the plain definition. */
export function survivors(written: readonly Written[]): readonly string[] {
  return written
    .filter(
      (value) =>
        !written.some(
          (other) =>
            other.readClass === value.readClass &&
            other.register === value.register &&
            (other.seen.get(value.actor) ?? 0) >= value.counter,
        ),
    )
    .map(placeOf)
    .sort()
}

export function livePlaces(record: CausalRecord): readonly string[] {
  return [...liveValues(record)].map(({ edit, ...place }) => placeOf({ ...place, ...edit })).sort()
}

function placeOf({ readClass, register, actor, counter }: Omit<Written, 'seen'>): string {
  return `${readClass} ${register} ${actor} ${counter}`
}

/** The same record with the order of units and registers turned around, as another history could have left it. */
export function reordered(record: CausalRecord): CausalRecord {
  const units = [...record.units].reverse().map(
    ([readClass, unit]) =>
      [
        readClass,
        {
          vector: new Map([...unit.vector].reverse()),
          registers: new Map([...unit.registers].reverse()),
        },
      ] as const,
  )
  return { ...record, units: new Map(units) }
}

export function restricted(record: CausalRecord, classes: readonly string[]): CausalRecord {
  return restrictRecord(record, (readClass) => classes.includes(readClass)) ?? record
}
