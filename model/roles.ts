/** Who may read and write what, as data (`tables.md`, "Roles"). */
import { z } from 'zod'

export const ROLES = ['owner', 'couple', 'planner', 'photographer', 'vendor', 'viewer'] as const
export type Role = (typeof ROLES)[number]

const SYNONYMS: Readonly<Record<string, Role>> = {
  admin: 'owner',
  bride: 'couple',
  groom: 'couple',
  coordinator: 'planner',
}

/** A role as people and other programs write it: case is ignored, `admin`, `bride`, `groom` and `coordinator` are understood. */
export const roleName = z
  .string()
  .transform((text) => text.toLowerCase())
  .transform((text) => (Object.hasOwn(SYNONYMS, text) ? SYNONYMS[text] : text))
  .pipe(z.enum(ROLES))

/** More rows of `vendors` than one firm has, over all weddings that it is invited to at once. They go into its token. */
export const MAX_OWN_VENDORS = 8

/** What a device may do: in which weddings of its team, and as what. */
export interface Grant {
  readonly role: Role
  readonly weddings: 'all' | readonly string[]
  /** Of a vendor: the rows of `vendors` that are its own, by id. */
  readonly vendors?: readonly string[]
}

interface TableRights {
  /** Read classes by table; `*` for every table not named. */
  readonly reads: Readonly<Record<string, readonly string[]>>
  /** Fields by table that may be written, or `all`; `*` for every table not named. */
  readonly writes: Readonly<Record<string, 'all' | readonly string[]>>
}

interface Rights extends TableRights {
  /** Fields that may not be written in spite of `writes`. */
  readonly except?: readonly string[]
  /** What comes to it in records that are the role's own (`ownership.ts`). */
  readonly own?: TableRights
}

const EVERYTHING = ['open', 'private', 'diet', 'money', 'inner']

/** Every role reads whose edits are whose, and keys that were wrapped for somebody, which are of no use to others. */
const NAMES = { actors: ['open'], wrapped_keys: ['open'] }
const OWN_NAME = { actors: 'all' } as const

/** Written by devices that let others in and hand out keys. */
const OF_THE_TEAM = { members: [], device_keys: [], wrapped_keys: [], recovery_boxes: [] } as const

/** Money amounts, and the currency that gives them their worth. */
const MONEY_AMOUNTS = ['amount', 'estimated', 'actual', 'currency', 'packagePrice', 'deposit', 'balanceDue']

/** Fields of class `inner`; of a record that is inner as a whole, the class alone refuses its fields at every door. */
const INNER_FIELDS = ['internalNotes', 'contractStatus']

/**
 * What a vendor says of itself on the day. Not its name, by which items are given to it, nor its type; nor amounts, which not even a
 * planner writes. By its type it might read all guests.
 */
const OWN_VENDOR = [
  ...['company', 'status', 'arriveAt', 'departAt', 'checkInTime', 'eta', 'delayReason'],
  ...['callFirstAbout', 'needs', 'mealCount', 'notes', 'tags'],
]

/**
 * Nobody writes what they may not read. So a vendor reads the issues that it raised and the tasks that it was given, which
 * `tables.md` lets it write; an entry of the couple's budget is not the own of the vendor that it names. Whoever caters reads of the
 * guests their diets and, since a diet alone has no name, table, answer and deletion, what is open of them (decision 0053). The team's
 * members are written by who owns it, and not by a couple, which would admit people to the weddings of others.
 */
const RIGHTS: Readonly<Record<Role, Rights>> = {
  owner: { reads: { '*': EVERYTHING }, writes: { '*': 'all' } },
  planner: {
    reads: { '*': EVERYTHING },
    writes: { '*': 'all', ...OF_THE_TEAM },
    except: MONEY_AMOUNTS,
  },
  couple: {
    reads: { '*': ['open', 'private', 'diet', 'money'] },
    writes: { '*': 'all', ...OF_THE_TEAM },
    except: INNER_FIELDS,
  },
  photographer: {
    reads: { '*': ['open', 'diet'], photo_groups: ['open', 'diet', 'inner'] },
    writes: {
      '*': [],
      photo_groups: 'all',
      photo_group_members: 'all',
      photos: 'all',
      tasks: 'all',
      issues: 'all',
      timeline_items: ['done', 'status'],
      ...OWN_NAME,
    },
    own: { reads: { '*': ['inner'] }, writes: { '*': [], client_notes: 'all' } },
  },
  vendor: {
    reads: {
      '*': [],
      weddings: ['open'],
      timeline_items: ['open'],
      vendors: ['open'],
      photo_groups: ['open'],
      vendor_contacts: ['open'],
      ...NAMES,
    },
    writes: { '*': [], ...OWN_NAME },
    own: {
      reads: {
        '*': [],
        vendors: ['private', 'diet', 'money'],
        vendor_contacts: ['private'],
        tasks: ['open'],
        issues: ['open'],
        guests: ['open', 'diet'],
      },
      writes: {
        '*': [],
        vendors: OWN_VENDOR,
        timeline_items: ['status'],
        tasks: ['status', 'done', 'notes'],
        issues: 'all',
      },
    },
  },
  viewer: { reads: { '*': ['open'] }, writes: { '*': [], ...OWN_NAME } },
}

/** A table may have any name, such as that of a property of every object. */
function forTable<T>(rights: Readonly<Record<string, T>>, table: string): T | undefined {
  return Object.hasOwn(rights, table) ? rights[table] : rights['*']
}

/** Whether the role may read this class of this table's records. */
export function mayRead(role: Role, table: string, readClass: string): boolean {
  return (forTable(RIGHTS[role].reads, table) ?? []).includes(readClass)
}

/** The same of a record that is the role's own, beside what it may read of any. */
export function mayReadOwn(role: Role, table: string, readClass: string): boolean {
  const { own } = RIGHTS[role]
  return own !== undefined && (forTable(own.reads, table) ?? []).includes(readClass)
}

/** Whether the role may write these fields. An empty list asks for creating or deleting the record as such. */
export function mayWrite(role: Role, table: string, fields: readonly string[]): boolean {
  return allows(RIGHTS[role].writes, role, table, fields)
}

/** The same of a record that is the role's own, beside what it may write in any. */
export function mayWriteOwn(role: Role, table: string, fields: readonly string[]): boolean {
  const { own } = RIGHTS[role]
  return own !== undefined && allows(own.writes, role, table, fields)
}

/** Whether anything depends on whose own a record is. */
export function hasOwnRights(role: Role): boolean {
  return RIGHTS[role].own !== undefined
}

function allows(writes: TableRights['writes'], role: Role, table: string, fields: readonly string[]): boolean {
  const { except = [] } = RIGHTS[role]
  const allowed = forTable(writes, table) ?? []
  if (fields.some((field) => except.includes(field))) return false
  if (allowed === 'all') return true
  return fields.length > 0 && fields.every((field) => allowed.includes(field))
}

/** Only a device that reads everything may serve as hub, since it could not pass on what it does not hold. */
export function mayServeAsHub({ role, weddings }: Grant): boolean {
  return weddings === 'all' && EVERYTHING.every((readClass) => mayRead(role, 'weddings', readClass))
}

export function mayEnterWedding({ weddings }: Grant, weddingId: string): boolean {
  return weddings === 'all' || weddings.includes(weddingId)
}
