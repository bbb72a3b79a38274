import { z } from 'zod'
import { DELETED } from '../merge/registers.ts'
import { budgetItems } from './budgetItems.ts'
import { clientActivities } from './clientActivities.ts'
import { clientNotes } from './clientNotes.ts'
import { clients } from './clients.ts'
import { type Field, field, type Severity, type Table, table } from './field.ts'
import { documents, photos } from './files.ts'
import { formDrafts, formSubmissions, forms } from './forms.ts'
import { guests } from './guests.ts'
import { issues } from './issues.ts'
import { photoGroupMembers, photoGroups } from './photoGroups.ts'
import { tasks } from './tasks.ts'
import { actors, deviceKeys, members, recoveryBoxes, templates, vendorDirectory, wrappedKeys } from './team.ts'
import { timelineItems } from './timelineItems.ts'
import { vendorContacts, vendors } from './vendors.ts'
import { weddings } from './weddings.ts'

export {
  type Field,
  POLICIES,
  type Policy,
  READ_CLASSES,
  type ReadClass,
  SEVERITIES,
  type Severity,
  type Table,
} from './field.ts'

/** In the order of `wedsync-api.md` §3.1; those of the team after them. */
const all: readonly Table[] = [
  weddings,
  timelineItems,
  clients,
  vendors,
  vendorContacts,
  photoGroups,
  photoGroupMembers,
  guests,
  forms,
  formDrafts,
  formSubmissions,
  clientNotes,
  issues,
  clientActivities,
  budgetItems,
  tasks,
  photos,
  documents,
  members,
  actors,
  deviceKeys,
  wrappedKeys,
  recoveryBoxes,
  templates,
  vendorDirectory,
]

/** Every table that this version knows, by name. Records of other tables are kept and passed on unread. */
export const TABLES: ReadonlyMap<string, Table> = new Map(all.map((table) => [table.name, table]))

/** Tables that clients may name in REST calls and imports. */
export const WEDDING_TABLES: readonly string[] = all.filter((t) => t.scope === 'wedding').map((t) => t.name)

const unknownField = field(z.unknown())
const unknownTable = table('?', { required: [], fields: {} })

export function tableNamed(name: string): Table {
  return TABLES.get(name) ?? unknownTable
}

/** The definition of a field; one that this version does not know is open, last-writer-wins and of low severity. */
export function fieldOf(table: Table, name: string): Field {
  return Object.hasOwn(table.fields, name) ? (table.fields[name] ?? unknownField) : unknownField
}

/** How urgent a conflict over this field is; `$deleted` stands for whether the record exists at all. */
export function severityOf(tableName: string, fieldName: string): Severity {
  return fieldName === DELETED ? 'high' : fieldOf(tableNamed(tableName), fieldName).severity
}
