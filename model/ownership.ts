/**
 * What tells whose own a record is, where a role reads or writes only what is its own (`roles.ts`). Each record makes claims;
 * it is the own of whoever holds one of them.
 *
 *     by <actor>        who created it
 *     vendor <id>       a row of `vendors`, and what names that row by its id
 *     named <name>      what names a vendor by its name, as imports and people do
 *     feeds <wedding>   its guests, who are the own of whoever caters there, and of nobody for having written them
 *
 * Claims are read off the record itself, so two replicas that hold the same agree on them. Of a sealed record only those
 * remain that ids and dots make.
 */
import { isSealed } from './merge/envelope.ts'
import type { CausalRecord } from './merge/record.ts'
import { CREATED, parseRegister, registerName } from './merge/registers.ts'
import { SortedMap } from './merge/sortedMap.ts'
import type { Unit } from './merge/unit.ts'

/** Tables whose own id is a vendor's, that name one vendor, and that list several. */
const VENDORS = 'vendors'
const NAMING: Readonly<Record<string, string>> = { vendor_contacts: 'vendorId' }
const LISTING: Readonly<Record<string, string>> = { timeline_items: 'assignedVendors', tasks: 'assignees' }
const GUESTS = 'guests'

/** Types of `vendors` that say that somebody caters: the API's word for it, and what files of planners say. */
const CATERERS: ReadonlySet<unknown> = new Set(['caterer', 'catering'])

/** Whether somebody holds a claim. */
export type Owns = (claim: string) => boolean

export const OWNS_NOTHING: Owns = () => false

export function byActor(actor: string): string {
  return `by ${actor}`
}

export function vendorWithId(id: string): string {
  return `vendor ${id.toLowerCase()}`
}

export function vendorNamed(name: string): string {
  return `named ${name.trim().toLowerCase()}`
}

/** Held by whoever caters in the wedding. */
export function feedsGuestsOf(scope: string): string {
  return `feeds ${scope}`
}

/** Whether a vendor of this type caters. */
export function isCaterer(type: unknown): boolean {
  return typeof type === 'string' && CATERERS.has(type.trim().toLowerCase())
}

/**
 * `ever`: what a vendor was once given stays in its sight, since a record that went out of it could not say so. `now`: to be
 * asked before anything is written.
 */
export type Since = 'ever' | 'now'

export function claimsOf(record: CausalRecord, since: Since): readonly string[] {
  if (record.table === GUESTS) return [feedsGuestsOf(record.scope)]
  const unit = record.units.get(record.base)
  const claims = (unit?.registers.get(CREATED) ?? []).map(({ edit }) => byActor(edit.actor))
  if (record.table === VENDORS) claims.push(vendorWithId(record.id))
  if (!unit) return claims
  const naming = own(NAMING, record.table)
  if (naming !== undefined) {
    for (const { value } of unit.registers.get(registerName({ field: naming })) ?? []) {
      if (typeof value === 'string') claims.push(vendorWithId(value))
    }
  }
  const listing = own(LISTING, record.table)
  if (listing !== undefined) {
    for (const member of members(unit, listing, since)) claims.push(vendorWithId(member), vendorNamed(member))
  }
  return claims
}

export function isOwn(record: CausalRecord, owns: Owns, since: Since): boolean {
  return claimsOf(record, since).some(owns)
}

function members({ registers }: Unit, field: string, since: Since): readonly string[] {
  const named = SortedMap.from(registers).startingWith(registerName({ field, member: '' }))
  return [...named].flatMap(([name, siblings]) => {
    const { member } = parseRegister(name)
    if (member === undefined || siblings.some(({ value }) => isSealed(value))) return []
    return since === 'ever' || siblings.some(({ value }) => value !== false) ? [member] : []
  })
}

function own(tables: Readonly<Record<string, string>>, table: string): string | undefined {
  return Object.hasOwn(tables, table) ? tables[table] : undefined
}
