import { z } from 'zod'
import type { Policy, ReadClass, Severity, Table } from './field.ts'
import { TABLES } from './index.ts'

export interface PolicyRow {
  readonly table: string
  readonly scope: Table['scope']
  readonly field: string
  readonly required: boolean
  /** The words that the field takes, if it takes no others. */
  readonly values: readonly string[]
  readonly readClass: ReadClass
  readonly policy: Policy
  readonly severity: Severity
}

/** All that is decided per field, as rows that a planner can read. `docs/policies.md` is made of them. */
export function policyTable(): readonly PolicyRow[] {
  return [...TABLES.values()].flatMap(({ name, scope, fields, required }) =>
    Object.entries(fields).map(([field, { schema, readClass, policy, severity }]) => ({
      table: name,
      scope,
      field,
      required: required.includes(field),
      values: schema instanceof z.ZodEnum ? schema.options.map(String) : [],
      readClass,
      policy,
      severity,
    })),
  )
}
