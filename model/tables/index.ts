import { z } from 'zod'
import { clientNotes } from './clientNotes.ts'
import { type Field, field, type Table } from './field.ts'
import { guests } from './guests.ts'
import { photoGroups } from './photoGroups.ts'
import { tasks } from './tasks.ts'
import { actors, members } from './team.ts'
import { timelineItems } from './timelineItems.ts'
import { vendorContacts, vendors } from './vendors.ts'
import { weddings } from './weddings.ts'

export { type Field, type Policy, READ_CLASSES, type ReadClass, type Table } from './field.ts'

const all = [
  weddings,
  timelineItems,
  photoGroups,
  vendors,
  vendorContacts,
  guests,
  tasks,
  clientNotes,
  members,
  actors,
] as const

/** Every table that this version knows, by name. Records of other tables are kept and passed on unread. */
export const TABLES: ReadonlyMap<string, Table> = new Map(all.map((table) => [table.name, table]))

/** Tables that clients may name in REST calls and imports. */
export const WEDDING_TABLES: readonly string[] = all.filter((t) => t.scope === 'wedding').map((t) => t.name)

const unknownField = field(z.unknown())
const unknownTable: Table = { name: '?', scope: 'wedding', fields: {}, required: [], baseClass: () => 'open' }

export function tableNamed(name: string): Table {
  return TABLES.get(name) ?? unknownTable
}

/** The definition of a field; one that this version does not know is open and last-writer-wins. */
export function fieldOf(table: Table, name: string): Field {
  return Object.hasOwn(table.fields, name) ? (table.fields[name] ?? unknownField) : unknownField
}
