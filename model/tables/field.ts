import type { z } from 'zod'

/**
 * Read class: a role receives all fields of one class of a record, or none of them.
 * Each (record, class) is one causal unit with a version vector of its own.
 */
export const READ_CLASSES = ['open', 'private', 'diet', 'money', 'inner'] as const
export type ReadClass = (typeof READ_CLASSES)[number]

/**
 * How concurrent values of one field become one visible value.
 *
 * | policy | meaning |
 * |---|---|
 * | `lww`  | the later edit by hybrid clock |
 * | `text` | Yjs: both people's typing is kept, by character |
 * | `set`  | a register per member; adding wins over a concurrent removal |
 * | `max`, `min` | the larger, the smaller |
 * | `true` | true wins over false |
 * | `ask`  | a person decides; until then the later edit is shown and both are kept |
 */
export const POLICIES = ['lww', 'text', 'set', 'max', 'min', 'true', 'ask'] as const
export type Policy = (typeof POLICIES)[number]

/**
 * How urgent a conflict over the field is (`wedsync-api.md` §2.8): `critical` decides where people stand and when, `high`
 * is money and how to reach somebody, `medium` any other time.
 */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Field {
  readonly schema: z.ZodType
  readonly policy: Policy
  readonly readClass: ReadClass
  readonly severity: Severity
}

type FieldOptions = Partial<Omit<Field, 'schema'>>

/** A field of a table; by default open and last-writer-wins, as in `tables.md`, and of low severity. */
export function field(
  schema: z.ZodType,
  { policy = 'lww', readClass = 'open', severity = 'low' }: FieldOptions = {},
): Field {
  return { schema, policy, readClass, severity }
}

/** When a record is wholly of class `inner`. Decided once, when it is written: changing it makes a new record. */
export interface InnerRule {
  /** The rule in words, to stand after "the whole record is inner". */
  readonly words: string
  isInner(data: Readonly<Record<string, unknown>>): boolean
}

export interface Table {
  /** Name on the wire and in storage, snake_case. */
  readonly name: string
  readonly scope: 'wedding' | 'team'
  readonly fields: Readonly<Record<string, Field>>
  readonly required: readonly string[]
  /** Records are added and never edited. */
  readonly appendOnly: boolean
  /** Absent if the classes of the fields are all there is to say. */
  readonly inner?: InnerRule
  /** The class that holds `$deleted` and `$created`, and fields that this version does not know. */
  baseClass(data: Readonly<Record<string, unknown>>): ReadClass
}

interface TableOptions {
  readonly scope?: 'wedding' | 'team'
  readonly required: readonly string[]
  readonly fields: Readonly<Record<string, Field>>
  readonly appendOnly?: boolean
  readonly inner?: InnerRule
}

export function table(
  name: string,
  { scope = 'wedding', required, fields, appendOnly = false, inner }: TableOptions,
): Table {
  return {
    name,
    scope,
    required,
    fields,
    appendOnly,
    ...(inner && { inner }),
    baseClass: (data) => (inner?.isInner(data) ? 'inner' : 'open'),
  }
}
