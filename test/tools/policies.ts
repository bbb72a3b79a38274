/** `node test/tools/policies.ts` writes `docs/policies.md` anew from the tables. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TABLES, type Table } from '../../model/tables/index.ts'
import { type PolicyRow, policyTable } from '../../model/tables/policyTable.ts'

export const POLICIES_FILE = fileURLToPath(new URL('../../docs/policies.md', import.meta.url))

const HEAD = `# Who reads a field, and what happens when two people change it

Made from \`model/tables\` by \`node test/tools/policies.ts\`; a test compares. Two people who wrote the same are never in
conflict, nor is a field that only one of them changed.

**Class**: a role receives all fields of one class of a record, or none. *open* is the day itself, *private* how to reach
people, *diet* food and access needs, *money* amounts, *inner* what stays among planners. Whoever caters a wedding also receives the
*open* and *diet* fields of its guests.

**Policy**: *lww* the later edit · *text* both people's typing · *set* both people's additions, without what was taken out ·
*max*, *min* the larger, the smaller · *true* yes wins over no · ***ask*** a person decides, and both values are kept until then.

**Severity**: how urgent a conflict is, if there is one. A deletion against an edit is *high*.

A field marked * is required. Fields that are not listed are kept as they come: open, lww, low.
`

/** The document as it has to be. */
export function policiesDocument(): string {
  const rows = Map.groupBy(policyTable(), ({ table }) => table)
  const sections = [...TABLES.values()].map((table) => section(table, rows.get(table.name) ?? []))
  return [HEAD, ...sections].join('\n')
}

function section({ name, scope, appendOnly, inner }: Table, rows: readonly PolicyRow[]): string {
  const remarks = [
    ...(scope === 'team' ? ['Belongs to the team, not to a wedding.'] : []),
    ...(appendOnly ? ['Only added to: a record is never edited.'] : []),
    ...(inner ? [`The whole record is inner ${inner.words}. That is fixed when it is created.`] : []),
  ]
  return [
    `## ${name}`,
    '',
    ...(remarks.length > 0 ? [remarks.join(' '), ''] : []),
    '| field | values | class | policy | severity |',
    '|---|---|---|---|---|',
    ...rows.map(line),
    '',
  ].join('\n')
}

function line({ field, required, values, readClass, policy, severity }: PolicyRow): string {
  const shownPolicy = policy === 'ask' ? '**ask**' : policy
  return `| ${field}${required ? '\\*' : ''} | ${values.join(', ')} | ${readClass} | ${shownPolicy} | ${severity} |`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(POLICIES_FILE, policiesDocument())
