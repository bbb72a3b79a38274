/** What people of a wedding team do to its records, each within what their role may read and write. */
import { conflictsOf } from '../../model/merge/conflicts.ts'
import {
  type Author,
  classOf,
  type Data,
  deleteRecord,
  editRecord,
  keepRecord,
  type NewRecord,
} from '../../model/merge/edit.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import type { Vector } from '../../model/merge/vector.ts'
import { isDeleted, viewRecord } from '../../model/merge/view.ts'
import { mayRead, mayWrite, mayWriteOwn, type Role } from '../../model/roles.ts'
import type { Random } from './random.ts'

type Value = (random: Random) => unknown

const WORDS = ['Ada', 'Grace', 'by the lake', 'under the pear tree', 'vegan', 'no nuts', '😀 party', 'a\nb', '']
const NAMES = ['Ada', 'Grace', 'Eda', 'a/b~c', '😀']
const word: Value = (random) => random.pick(WORDS)
const title: Value = (random) => `${random.pick(['Ceremony', 'Dinner', 'First dance'])} ${random.below(20)}`
const names: Value = (random) => NAMES.filter(() => random.chance(0.4))
const flag: Value = (random) => random.chance(0.7)
const count: Value = (random) => random.between(1, 9)
const moment: Value = (random) => new Date(Date.UTC(2026, 5, 13, random.between(9, 22), random.below(60))).toISOString()

/** Between them these have every policy and every read class, fields of a newer version, and a newer table. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  timeline_items: {
    title,
    startTime: moment,
    location: word,
    description: word,
    people: names,
    done: flag,
    status: (random) => random.pick(['pending', 'delayed', 'completed']),
    internalNotes: word,
  },
  guests: {
    name: title,
    tableNumber: count,
    dietary: word,
    allergies: names,
    phone: word,
    notes: word,
    shirtSize: count,
  },
  vendors: { name: title, checkInTime: moment, mealCount: count, actual: count, contractStatus: word, tags: names },
  photo_groups: { name: title, people: names, priority: count, done: flag, description: word, internalNotes: word },
  tasks: { title, description: word, assignees: names, dueDate: moment, done: flag },
  budget_items: { name: title, estimated: count },
  drone_flights: { pilot: word, battery: count },
}

const REQUIRED: Readonly<Record<string, string>> = { timeline_items: 'title', tasks: 'title', drone_flights: 'pilot' }

/** Tables in which the role may write anything at all. */
function tablesOf(role: Role): readonly string[] {
  return Object.keys(FIELDS).filter((table) => writableFields(role, table, 'open').length > 0)
}

function writableFields(role: Role, table: string, base: string): readonly string[] {
  return Object.keys(FIELDS[table] ?? {}).filter(
    (field) => mayWrite(role, table, [field]) && mayRead(role, table, classOf({ table, base }, field)),
  )
}

/** @returns what somebody in this role creates; `undefined` if they may not */
export function newRecordBy(role: Role, scope: string, id: string, random: Random): NewRecord | undefined {
  const tables = tablesOf(role).filter((table) => mayWrite(role, table, []))
  if (tables.length === 0) return undefined
  const table = random.pick(tables)
  const required = REQUIRED[table] ?? 'name'
  const make = FIELDS[table]?.[required] ?? word
  return { id, scope, table, data: { [required]: make(random), ...someData(role, table, 'open', random) } }
}

function someData(role: Role, table: string, base: string, random: Random): Data {
  const fields = writableFields(role, table, base)
  if (fields.length === 0) return {}
  const chosen = new Set(Array.from({ length: random.between(1, 3) }, () => random.pick(fields)))
  return Object.fromEntries([...chosen].map((field) => [field, FIELDS[table]?.[field]?.(random)]))
}

/** A change of one record, pure, as a `ChangeFunction` needs it. */
export type Change = (record: CausalRecord, author: Author) => CausalRecord

/** What somebody in this role does to a record. */
export function changeBy(role: Role, { table, base }: CausalRecord, random: Random): Change {
  const data = someData(role, table, base, random)
  const mayDelete = mayWrite(role, table, []) && mayRead(role, table, base)
  // Editing a deleted record brings it back, which is not for everybody.
  const mayEdit = (record: CausalRecord) => Object.keys(data).length > 0 && (mayDelete || !isDeleted(record))
  const edit: Change = (record, author) => (mayEdit(record) ? editRecord(record, data, author) : record)
  switch (random.weighted({ edit: 12, ask: 1, late: 2, delete: 2, keep: 1, decide: 4 })) {
    case 'ask':
      return (record, author) => edit(record, { ...author, ask: true })
    case 'late': {
      const missing = random.between(1, 3)
      return (record, author) =>
        mayEdit(record) ? editRecord(record, data, author, (readClass) => earlier(record, readClass, missing)) : record
    }
    case 'delete':
      return mayDelete ? deleteRecord : edit
    case 'keep':
      return mayDelete ? keepRecord : edit
    case 'decide':
      return mayDelete ? decision(role, random.next(), edit) : edit
    default:
      return edit
  }
}

/** What somebody had seen who missed the last edits of one of the others. */
function earlier(record: CausalRecord, readClass: string, missing: number): Vector {
  const vector = new Map(record.units.get(readClass)?.vector)
  const [actor, counter] = [...vector].at(-1) ?? []
  if (actor !== undefined && counter !== undefined) vector.set(actor, Math.max(0, counter - missing))
  return vector
}

/** Takes one of the values that are in question, and does `otherwise` where none are. */
function decision(role: Role, choice: number, otherwise: Change): Change {
  return (record, author) => {
    const conflict = conflictsOf(record).find(
      ({ type, fields }) =>
        type === 'concurrent_edit' &&
        mayWrite(role, record.table, fields) &&
        fields.every((field) => mayRead(role, record.table, classOf(record, field))),
    )
    const [field] = conflict?.fields ?? []
    const taken = conflict?.values[Math.floor(choice * conflict.values.length)]
    if (!conflict || field === undefined || !taken) return otherwise(record, author)
    const decided = { conflictId: conflict.conflictId, strategy: 'merge_manual' }
    return editRecord(record, { [field]: taken.value }, { ...author, decided })
  }
}

/** Fields that somebody in this role reads and may not write, not even in what is their own. */
function forbiddenFields(role: Role, table: string, base: string): readonly string[] {
  const mayEver = (field: string) => mayWrite(role, table, [field]) || mayWriteOwn(role, table, [field])
  return Object.keys(FIELDS[table] ?? {}).filter(
    (field) => mayRead(role, table, classOf({ table, base }, field)) && !mayEver(field),
  )
}

/** Whether the role sees records of the table, and may neither create nor delete any. */
function mayNotCreate(role: Role, table: string): boolean {
  const shows = classOf({ table, base: 'open' }, REQUIRED[table] ?? 'name')
  return mayRead(role, table, shows) && !mayWrite(role, table, []) && !mayWriteOwn(role, table, [])
}

/** What somebody in this role does to a record although they may not; `undefined` if they may do all that they can. */
export function overreachBy(role: Role, { table, base }: CausalRecord, random: Random): Change | undefined {
  if (mayNotCreate(role, table) && random.chance(0.2)) return deleteRecord
  const fields = forbiddenFields(role, table, base)
  if (fields.length === 0) return undefined
  const field = random.pick(fields)
  const data = { [field]: FIELDS[table]?.[field]?.(random) }
  return (record, author) => editRecord(record, data, author)
}

/** @returns what somebody in this role creates although they may not; `undefined` if they may create all that they can */
export function overreachingRecordBy(role: Role, scope: string, id: string, random: Random): NewRecord | undefined {
  const tables = Object.keys(FIELDS).filter((table) => mayNotCreate(role, table))
  if (tables.length === 0) return undefined
  const table = random.pick(tables)
  const fields = forbiddenFields(role, table, 'open')
  const required = REQUIRED[table] ?? 'name'
  const chosen = new Set([required, ...fields.filter(() => random.chance(0.3))])
  return {
    id,
    scope,
    table,
    data: Object.fromEntries([...chosen].map((field) => [field, FIELDS[table]?.[field]?.(random)])),
  }
}

/** What somebody sees; throws if a record cannot be shown. */
export function look(record: CausalRecord): void {
  viewRecord(record)
  conflictsOf(record)
}
