/**
 * What a caller sees of records here and may write in them: by role, and by whose own they are (`model/ownership.ts`). The same as
 * a sync with this server gives them, in both directions.
 */
import type { CausalRecord } from '../../model/merge/record.ts'
import { byActor, OWNS_NOTHING, type Owns } from '../../model/ownership.ts'
import { hasOwnRights, mayRead, mayReadOwn, mayWrite, mayWriteOwn, type Role } from '../../model/roles.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { type OwnClaims, openClaims } from '../../model/sync/ownClaims.ts'
import { isInView, mayWriteIn, type View, viewOf } from '../../model/sync/rules.ts'
import type { Caller, ServerContext } from './context.ts'

export interface Reader {
  /** Whoever has the same one sees the same: for what is made for one caller and kept for the next. */
  readonly key: string
  readonly view: View
}

/** As it was when it was asked for: it stays so when somebody is given more, or less. */
export interface Sight extends Reader {
  readonly role: Role
  /** For writing, which ids and dots tell also where values are sealed and nothing is anybody's own to read. */
  readonly owns: Owns
}

/** Claimants whose claims are kept at hand. */
const MAX_KNOWN = 1_000

interface Known {
  readonly claims: Promise<OwnClaims>
  /** Of the claims as they were last. */
  held?: ReadonlySet<string>
  key: string
}

const shared = new WeakMap<ChangeStore, Map<string, Known>>()
let given = 0

export async function sightOf(context: ServerContext, caller: Caller): Promise<Sight> {
  const { role } = caller.grant
  if (!hasOwnRights(role)) return { key: role, role, view: viewOf(role), owns: OWNS_NOTHING }
  const known = knownOf(context.stores.changes, caller)
  const claims = await known.claims
  await claims.refresh()
  const held = claims.held()
  if (known.held !== held) {
    known.held = held
    known.key = `${role} ${++given}`
  }
  const { key } = known
  const owns: Owns = (claim) => held.has(claim)
  // The cloud, where values are sealed: a sync with it does not give anybody their own to read either (decision 0044).
  if (context.sealing) return { key: role, role, view: viewOf(role), owns }
  return { key, role, view: viewOf(role, owns), owns }
}

function knownOf(changes: ChangeStore, { team, userId, grant }: Caller): Known {
  const all = shared.get(changes) ?? new Map<string, Known>()
  shared.set(changes, all)
  const name = JSON.stringify([team, userId, grant.role, grant.vendors])
  const known = all.get(name) ?? { claims: openClaims(changes, { team, userId, grant }), key: '' }
  known.claims.catch(() => all.delete(name)) // whoever asked is told; the next one asks again
  all.delete(name)
  all.set(name, known)
  const [oldest] = all.keys()
  if (all.size > MAX_KNOWN && oldest !== undefined) all.delete(oldest)
  return known
}

/** The same for somebody who writes under these actors just now, of which the team may not know yet. */
export function withActors(sight: Sight, actors: Iterable<string>): Sight {
  const own = new Set([...actors].map(byActor))
  return { ...sight, owns: (claim) => own.has(claim) || sight.owns(claim) }
}

/** Whether the caller may write these fields of a record that is here; an empty list asks for deleting it. */
export function mayWriteHere({ role, owns }: Sight, record: CausalRecord, fields: readonly string[]): boolean {
  return mayWriteIn(role, owns, record, fields)
}

/** Whether the caller may create a record with these fields, which is their own then. */
export function mayWriteNew({ role }: Sight, table: string, fields: readonly string[]): boolean {
  return mayWrite(role, table, fields) || mayWriteOwn(role, table, fields)
}

/** Whether the caller sees this class of the record, as far as writing goes. */
export function mayReadHere({ role, owns }: Sight, record: CausalRecord, readClass: string): boolean {
  return isInView(viewOf(role, owns), record, readClass)
}

export function mayReadNew({ role }: Sight, table: string, readClass: string): boolean {
  return mayRead(role, table, readClass) || mayReadOwn(role, table, readClass)
}
