import { err, ok, type Result } from '../result.ts'
import { tableNamed } from '../tables/index.ts'
import { MAX_NAME_CHARS, MAX_TEXT_CHARS } from '../tables/types.ts'

/**
 * Columns that hold money, contact details or health. A timeline's notes are read by everyone, vendors and guests'
 * screens included, so on a timeline these go to the planner's internal notes.
 */
const CONFIDENTIAL =
  /mail|(?<!micro|head)phone|mobile|whatsapp|budget|price|costs?$|fees?$|deposit|balance|payment|invoice|diet|allerg|accessib|medical|private|internal|consent|password|guestaddress|homeaddress/

/** A record in the making: fields by name, and what found no field. */
export interface Draft {
  readonly data: Record<string, unknown>
  /** Lines for `notes`; what no column takes is kept here as `Header: value`. */
  readonly notes: string[]
  /** Lines for `internalNotes`. */
  readonly internal: string[]
  readonly warnings: string[]
}

export function newDraft(): Draft {
  return { data: {}, notes: [], internal: [], warnings: [] }
}

/** Keeps a cell that belongs to no field. Blank cells hold nothing to keep. */
export function keepInNotes(draft: Draft, header: string, value: string): void {
  if (value.trim() === '') return
  const line = `${header}: ${value.trim()}`
  const name = header.toLowerCase().replace(/[^a-z]/g, '')
  if (CONFIDENTIAL.test(name)) draft.internal.push(line)
  else draft.notes.push(line)
}

/** Sets a field unless there is nothing to set. */
export function put(draft: Draft, field: string, value: unknown): void {
  if (value === undefined || value === '') return
  draft.data[field] = value
}

/**
 * The finished fields: notes written out, over-long values cut with their full text in the notes, and all of it checked
 * against the table. The error is a reason to refuse the row.
 */
export function finish(draft: Draft, tableName: string): Result<Record<string, unknown>, string> {
  const table = tableNamed(tableName)
  const data: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(draft.data)) {
    const field = table.fields[name]
    data[name] = field === undefined || field.schema.safeParse(value).success ? value : shortened(draft, name, value)
  }
  const hasInternal = Object.hasOwn(table.fields, 'internalNotes')
  const notes = [...draft.notes, ...(hasInternal ? [] : draft.internal)]
  if (notes.length > 0) data.notes = notes.join('\n')
  if (hasInternal && draft.internal.length > 0) data.internalNotes = draft.internal.join('\n')

  for (const [name, value] of Object.entries(data)) {
    const check = table.fields[name]?.schema.safeParse(value)
    if (check === undefined || check.success) continue
    if (typeof value === 'string' && value.length > MAX_TEXT_CHARS) {
      return err(`The ${name} are ${value.length} characters long, and ${MAX_TEXT_CHARS} is the most; shorten them.`)
    }
    return err(`The value for ${name} cannot be used: ${check.error.issues[0]?.message ?? 'it has the wrong form'}.`)
  }
  const missing = table.required.find((name) => data[name] === undefined)
  return missing === undefined ? ok(data) : err(`There is no ${missing}.`)
}

function shortened(draft: Draft, name: string, value: unknown): unknown {
  if (typeof value === 'string' && value.length > MAX_NAME_CHARS) {
    draft.notes.push(`${name}: ${value}`)
    draft.warnings.push(
      `The ${name} is longer than ${MAX_NAME_CHARS} characters; it was cut, and is whole in the notes.`,
    )
    return cut(value)
  }
  if (Array.isArray(value) && value.some((member) => typeof member === 'string' && member.length > MAX_NAME_CHARS)) {
    draft.notes.push(`${name}: ${value.join('; ')}`)
    draft.warnings.push(`A name in ${name} is longer than ${MAX_NAME_CHARS} characters; it is whole in the notes.`)
    return value.map((member) => (typeof member === 'string' ? cut(member) : member))
  }
  return value
}

function cut(text: string): string {
  return text.length > MAX_NAME_CHARS ? `${text.slice(0, MAX_NAME_CHARS - 1)}…` : text
}
