/** The corpus of `test/corpus/conflicts` (see the README there): how it is read, and how it is played through the real merge. */
import { readdirSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { conflictQueue } from '../../../model/conflicts/queue.ts'
import { makeStamp } from '../../../model/merge/clock.ts'
import { createRecord, type Data, deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { ROLES } from '../../../model/roles.ts'
import { uuidOf } from '../../support/ids.ts'
import { WEDDING_MORNING_MS } from '../../support/manualScheduler.ts'
import { elevenChars } from '../../support/memoryReplica.ts'
import { join } from '../../support/mergeFuzz.ts'

const data = z.record(z.string(), z.unknown())
const who = { who: z.string(), role: z.enum(ROLES), at: z.number(), saw: z.array(z.string()).optional() }

const oneRecord = z.strictObject({
  title: z.string(),
  table: z.string(),
  base: data,
  edits: z.array(z.strictObject({ ...who, set: data.optional(), delete: z.literal(true).optional() })).min(2),
  expected: z.strictObject({
    visible: data,
    contains: z.record(z.string(), z.array(z.string())).optional(),
    asks: z.array(z.string()),
    settles: z.boolean(),
    deleted: z.boolean().optional(),
  }),
  why: z.string().max(160),
})

const oneAction = z.strictObject({
  title: z.string(),
  table: z.string(),
  records: z.record(z.string(), data),
  edits: z
    .array(
      z.strictObject({
        ...who,
        operation: z.string().optional(),
        set: z.record(z.string(), z.union([data, z.literal('delete')])),
      }),
    )
    .min(2),
  expected: z.strictObject({
    visible: z.record(z.string(), data),
    asks: z.union([z.array(z.string()), z.literal('operation')]),
    settles: z.boolean(),
    deleted: z.array(z.string()).optional(),
  }),
  why: z.string().max(160),
})

/** Both forms as one: records by name, and of each what to expect. */
export interface Situation {
  readonly theme: string
  readonly title: string
  readonly table: string
  readonly records: Readonly<Record<string, Data>>
  readonly edits: readonly Move[]
  readonly expected: {
    readonly visible: Readonly<Record<string, Data>>
    readonly contains: Readonly<Record<string, readonly string[]>>
    /** `record.field`, sorted; or the one entry of an operation. */
    readonly asks: readonly string[] | 'operation'
    readonly settles: boolean
    readonly deleted: readonly string[]
  }
}

export interface Move {
  readonly who: string
  readonly role: (typeof ROLES)[number]
  /** Minutes into the situation. */
  readonly at: number
  readonly saw?: readonly string[] | undefined
  readonly operation?: string | undefined
  readonly set: Readonly<Record<string, Data | 'delete'>>
}

const FOLDER = new URL('../../corpus/conflicts/', import.meta.url)
const ONLY = 'it'

export function readCorpus(): readonly Situation[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const raw: unknown = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
      const theme = name.replace('.json', '')
      return z
        .array(z.union([oneRecord, oneAction]))
        .parse(raw)
        .map((each) => ('base' in each ? single(each, theme) : several(each, theme)))
    })
}

function single({ title, table, base, edits, expected }: z.infer<typeof oneRecord>, theme: string): Situation {
  return {
    theme,
    title,
    table,
    records: { [ONLY]: base },
    edits: edits.map(({ set, delete: gone, ...edit }) => ({ ...edit, set: { [ONLY]: gone ? 'delete' : (set ?? {}) } })),
    expected: {
      visible: { [ONLY]: expected.visible },
      contains: expected.contains ?? {},
      asks: expected.asks.map((field) => `${ONLY}.${field}`).sort(),
      settles: expected.settles,
      deleted: expected.deleted ? [ONLY] : [],
    },
  }
}

function several({ title, table, records, edits, expected }: z.infer<typeof oneAction>, theme: string): Situation {
  const { asks, visible, settles, deleted = [] } = expected
  const sorted = asks === 'operation' ? asks : asks.toSorted()
  return { theme, title, table, records, edits, expected: { visible, contains: {}, asks: sorted, settles, deleted } }
}

type State = ReadonlyMap<string, CausalRecord>

/** What each person's device held after each of their edits: the messages that may arrive in any order. */
export function statesOf({ table, records, edits }: Situation): readonly State[] {
  const start: State = new Map(
    Object.entries(records).map(([name, data], n) => {
      const record = { id: uuidOf(n + 1), scope: uuidOf(99), table, data }
      return [name, createRecord(record, authorOf('the plan', 0))]
    }),
  )
  const devices = new Map<string, State>()
  const states: State[] = [start]
  for (const move of edits.toSorted((a, b) => a.at - b.at)) {
    const heard = (move.saw ?? []).map((name) => devices.get(name) ?? start)
    const after = play(merged([devices.get(move.who) ?? start, ...heard]), move)
    devices.set(move.who, after)
    states.push(after)
  }
  return states
}

function play(state: State, { who: name, at, operation, set }: Move): State {
  const by = { ...authorOf(name, at), ...(operation !== undefined && { operation }) }
  return new Map(
    [...state].map(([key, record]) => {
      const change = set[key]
      if (change === undefined) return [key, record]
      return [key, change === 'delete' ? deleteRecord(record, by) : editRecord(record, change, by)]
    }),
  )
}

const MINUTE_MS = 60_000
const BEFORE_MINUTES = 60

function authorOf(name: string, minutes: number) {
  return {
    actor: elevenChars(name),
    stamp: makeStamp(WEDDING_MORNING_MS + (minutes + (name === 'the plan' ? 0 : BEFORE_MINUTES)) * MINUTE_MS, 0),
  }
}

/** The records after these states have arrived one after the other. */
export function merged(states: readonly State[]): State {
  const all = new Map<string, CausalRecord>()
  for (const state of states) {
    for (const [key, record] of state) {
      const known = all.get(key)
      all.set(key, known ? join(known, record) : record)
    }
  }
  return all
}

/** Every order in which so many messages can arrive. */
export function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item, n) =>
    orders([...items.slice(0, n), ...items.slice(n + 1)]).map((rest) => [item, ...rest]),
  )
}

export function queueOf(state: State): readonly QueueEntry[] {
  return conflictQueue(state.values())
}

/** `record.field` of everything in the queue; whether a record exists is called its existence. */
export function asked(state: State, queue: readonly QueueEntry[]): readonly string[] {
  const names = new Map([...state].map(([key, { id }]) => [id, key]))
  return queue
    .flatMap(({ parts }) => parts)
    .map(({ record, field }) => `${names.get(record.id)}.${field === '$deleted' ? 'existence' : field}`)
    .sort()
}

/**
 * An account that knows nothing of the merge: the values of one field by people of whom nobody had seen the other's.
 * More than one different value of them is what a person has to decide, if the field is one of those.
 */
export function rivals(situation: Situation, key: string, field: string): number {
  return new Set(lastWords(situation, key, field).map((move) => canonicalJson(valueIn(move, key, field)))).size
}

/** Whether two people, neither of whom had seen the other's edit, wrote the same field, or one deleted what the other wrote. */
export function isMeeting(situation: Situation): boolean {
  const { records, edits } = situation
  return Object.keys(records).some((key) => {
    const fields = new Set(edits.flatMap(({ set }) => (typeof set[key] === 'object' ? Object.keys(set[key]) : [])))
    const inOneField = [...fields].some((field) => lastWords(situation, key, field).length > 1)
    const deleting = edits.filter(({ set }) => set[key] === 'delete')
    const others = edits.filter(
      ({ set, who: name }) => set[key] !== undefined && deleting.every((move) => move.who !== name),
    )
    const isContested = deleting.some((move) =>
      others.some((other) => !move.saw?.includes(other.who) && !other.saw?.includes(move.who)),
    )
    return inOneField || isContested || deleting.length > 1
  })
}

/** The edits of a field that said something new and that nobody wrote after who had seen them. */
function lastWords({ records, edits }: Situation, key: string, field: string): readonly Move[] {
  const writers = edits.filter(({ set }) => {
    const change = set[key]
    return typeof change === 'object' && Object.hasOwn(change, field)
  })
  const news = writers.filter(
    (move) => canonicalJson(valueIn(move, key, field)) !== canonicalJson(records[key]?.[field]),
  )
  return news.filter(
    (move) => !news.some((later) => later.at > move.at && (later.who === move.who || later.saw?.includes(move.who))),
  )
}

function valueIn({ set }: Move, key: string, field: string): unknown {
  const change = set[key]
  return typeof change === 'object' ? change[field] : undefined
}
