import type { CausalRecord } from '../merge/record.ts'
import { parseRegister } from '../merge/registers.ts'
import { EMPTY_UNIT, type Unit } from '../merge/unit.ts'
import { covers, coversAll, sameDot } from '../merge/vector.ts'
import { byActor, isOwn, OWNS_NOTHING, type Owns } from '../ownership.ts'
import {
  type Grant,
  mayEnterWedding,
  mayRead,
  mayReadOwn,
  mayServeAsHub,
  mayWrite,
  mayWriteOwn,
  type Role,
} from '../roles.ts'
import { checkActorRecord, type Holder } from './actorRule.ts'
import type { OwnClaims } from './ownClaims.ts'
import type { OwnEdits } from './takeBack.ts'

const ACTORS = 'actors'

/** What a peer may take part in, read and write. Asked at the door, for every message. */
export interface PeerRules {
  mayEnter(scope: string): boolean | Promise<boolean>
  mayRead(record: CausalRecord, readClass: string): boolean
  /** What both sides are to hold alike, and prove to each other. */
  readonly view: View
  /** To be awaited before the others are asked about what has just changed: whose own something is may have changed with it. */
  refresh(): Promise<void>
  /** Whether the peer brings what others have told it, as a hub does; else it speaks for itself alone. */
  readonly passesOn: boolean
  /** Why the peer may not bring this; `undefined` if it may. */
  refusal(incoming: CausalRecord, current: CausalRecord | undefined): string | undefined
}

/** Which units somebody sees: all of a class of a table, or of records that are their own. */
export interface View {
  mayRead(table: string, readClass: string): boolean
  mayReadOwn(table: string, readClass: string): boolean
  readonly owns: Owns
}

export const SEES_ALL: View = { mayRead: () => true, mayReadOwn: () => true, owns: OWNS_NOTHING }

/** @param owns absent where it cannot be told what is whose own, as at the cloud: then nothing is */
export function viewOf(role: Role, owns: Owns = OWNS_NOTHING): View {
  return {
    mayRead: (table, readClass) => mayRead(role, table, readClass),
    mayReadOwn: (table, readClass) => mayReadOwn(role, table, readClass),
    owns,
  }
}

export function isInView(view: View, record: CausalRecord, readClass: string): boolean {
  if (view.mayRead(record.table, readClass)) return true
  return view.mayReadOwn(record.table, readClass) && isOwn(record, view.owns, 'ever')
}

/** Whether somebody may write these fields of a record; an empty list asks for creating or deleting it. */
export function mayWriteIn(role: Role, owns: Owns, record: CausalRecord, fields: readonly string[]): boolean {
  if (mayWrite(role, record.table, fields)) return true
  return mayWriteOwn(role, record.table, fields) && isOwn(record, owns, 'now')
}

/** A peer that was let in. */
export interface Accepted extends PeerRules {
  /** What it is to come with from now on, in place of the token that it came with. */
  readonly renewedToken?: string
  /** On the side that called: what people here write and the peer may refuse. */
  readonly ownEdits?: OwnEdits
}

/** For the side that called: whoever it calls (its hub, its cloud) holds everything of the team anyway. */
export const TRUSTED: PeerRules = {
  mayEnter: () => true,
  mayRead: () => true,
  view: SEES_ALL,
  refresh: async () => undefined,
  passesOn: true,
  refusal: () => undefined,
}

/** The same for a side that may itself not read everything: what it holds and no longer may read, it does not compare. */
export function trusting(view: View, refresh = TRUSTED.refresh): PeerRules {
  return { ...TRUSTED, view, refresh }
}

/** Who the peer is, as far as its own records go. */
export interface Whose {
  readonly holder: Holder
  /** What it holds claims to, beside that of the actors that it brings. */
  readonly claims: Pick<OwnClaims, 'owns' | 'refresh'>
  /** Where what records say of vendors cannot be read: only what the peer may write is told by ids and dots. */
  readonly isSealed?: boolean
}

/**
 * For the side that was called: what the peer's grant says.
 * @param whose absent: nothing is the peer's own
 */
export function rulesOf(
  grant: Grant,
  team: string,
  isOwnScope: (scope: string) => boolean | Promise<boolean>,
  whose?: Whose,
): PeerRules {
  // A device that may serve as hub also passes on what others were admitted with.
  const passesOn = mayServeAsHub(grant)
  const { role } = grant
  /** Actors that the peer has told of in this session. */
  const told = new Set<string>()
  const owns: Owns = (claim) => told.has(claim) || (whose?.claims.owns(claim) ?? false)
  const writing = viewOf(role, owns)
  const view = whose?.isSealed ? viewOf(role) : writing

  return {
    mayEnter: (scope) => scope === team || (mayEnterWedding(grant, scope) && isOwnScope(scope)),
    mayRead: (record, readClass) => isInView(view, record, readClass),
    view,
    refresh: whose?.claims.refresh ?? TRUSTED.refresh,
    passesOn,
    refusal(incoming, current) {
      const { table } = incoming
      // Whose own it is, is not for the peer to say of a record that is here.
      const known = current ?? incoming
      const fields = new Set<string>()
      for (const [readClass, unit] of incoming.units) {
        const changed = changedFields(unit, current?.units.get(readClass) ?? EMPTY_UNIT)
        if (!changed) return 'the record counts edits that it does not hold'
        if (!passesOn && changed.length > 0 && !isInView(writing, known, readClass)) {
          return `the role ${role} may not write what it may not read in ${table}`
        }
        for (const field of changed) fields.add(field)
      }
      if (passesOn || fields.size === 0) return undefined
      if (table === ACTORS) {
        const checked = checkActorRecord(incoming, current, whose?.holder)
        if (checked.ok) told.add(byActor(checked.value))
        return checked.ok ? undefined : checked.error
      }
      const written = [...fields].filter((field) => !field.startsWith('$'))
      if (written.length < fields.size && !mayWriteIn(role, owns, known, [])) {
        return `the role ${role} may not create or delete in ${table}`
      }
      if (written.length === 0 || mayWriteIn(role, owns, known, written)) return undefined
      return `the role ${role} may not write ${written.join(', ')} in ${table}`
    },
  }
}

/**
 * The fields that a join would change: those with a value that we have not seen, and those of which it would take away a
 * value that we hold. `undefined` if a vector has grown without any new value, which no edit brings about: it would make
 * edits vanish that are still to be written.
 */
function changedFields(incoming: Unit, current: Unit): readonly string[] | undefined {
  const fields = new Set<string>()
  for (const [register, siblings] of incoming.registers) {
    if (siblings.some(({ edit }) => !covers(current.vector, edit))) fields.add(parseRegister(register).field)
  }
  if (fields.size === 0 && !coversAll(current.vector, incoming.vector)) return undefined
  for (const [register, siblings] of current.registers) {
    const theirs = incoming.registers.get(register) ?? []
    const dropped = siblings.some(
      ({ edit }) => covers(incoming.vector, edit) && !theirs.some((sibling) => sameDot(sibling.edit, edit)),
    )
    if (dropped) fields.add(parseRegister(register).field)
  }
  return [...fields]
}
