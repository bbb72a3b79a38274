import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TABLES } from '../../../model/tables/index.ts'
import { policyTable } from '../../../model/tables/policyTable.ts'
import { POLICIES_FILE, policiesDocument } from '../../tools/policies.ts'

describe('the policies as a planner reads them', () => {
  it('have one row for each field of each table', () => {
    const fields = [...TABLES.values()].flatMap(({ name, fields }) =>
      Object.keys(fields).map((field) => `${name}.${field}`),
    )
    expect(policyTable().map(({ table, field }) => `${table}.${field}`)).toEqual(fields)
    expect(policyTable()).toContainEqual({
      table: 'guests',
      scope: 'wedding',
      field: 'rsvpStatus',
      required: false,
      values: ['pending', 'attending', 'declined', 'maybe'],
      readClass: 'open',
      policy: 'ask',
      severity: 'critical',
    })
  })

  it('stand in docs/policies.md (if not: node test/tools/policies.ts)', () => {
    expect(readFileSync(POLICIES_FILE, 'utf8').replaceAll('\r\n', '\n')).toBe(policiesDocument())
  })
})
