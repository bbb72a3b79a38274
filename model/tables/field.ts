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
export type Policy = 'lww' | 'text' | 'set' | 'max' | 'min' | 'true' | 'ask'

export interface Field {
  readonly schema: z.ZodType
  readonly policy: Policy
  readonly readClass: ReadClass
}

interface FieldOptions {
  readonly policy?: Policy
  readonly readClass?: ReadClass
}

/** A field of a table; by default open and last-writer-wins, as in `tables.md`. */
export function field(schema: z.ZodType, { policy = 'lww', readClass = 'open' }: FieldOptions = {}): Field {
  return { schema, policy, readClass }
}

export interface Table {
  /** Name on the wire and in storage, snake_case. */
  readonly name: string
  readonly scope: 'wedding' | 'team'
  readonly fields: Readonly<Record<string, Field>>
  readonly required: readonly string[]
  /** The class that holds `$deleted` and `$created`, and fields that this version does not know. */
  baseClass(data: Readonly<Record<string, unknown>>): ReadClass
}

interface TableOptions {
  readonly scope?: 'wedding' | 'team'
  readonly required: readonly string[]
  readonly fields: Readonly<Record<string, Field>>
  readonly baseClass?: (data: Readonly<Record<string, unknown>>) => ReadClass
}

export function table(name: string, { scope = 'wedding', required, fields, baseClass }: TableOptions): Table {
  return { name, scope, required, fields, baseClass: baseClass ?? (() => 'open') }
}
