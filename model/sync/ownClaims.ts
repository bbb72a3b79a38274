/** What somebody holds claims to (`ownership.ts`), as a store knows it. */
import type { CausalRecord } from '../merge/record.ts'
import { viewRecord } from '../merge/view.ts'
import { byActor, feedsGuestsOf, isCaterer, OWNS_NOTHING, type Owns, vendorNamed, vendorWithId } from '../ownership.ts'
import { type Grant, hasOwnRights } from '../roles.ts'
import type { ChangeStore } from './changeStore.ts'

export interface Claimant {
  readonly team: string
  readonly userId: string
  readonly grant: Grant
}

/** Claims that follow the store: another person may be given a device's vendor, and a vendor another name or type, at any time. */
export interface OwnClaims {
  readonly owns: Owns
  /** All of them. The same set as long as they are the same. */
  held(): ReadonlySet<string>
  /** Reads them anew. To be awaited before `owns` is asked about what has just come. */
  refresh(): Promise<void>
}

const NONE: ReadonlySet<string> = new Set()
export const NO_CLAIMS: OwnClaims = { owns: OWNS_NOTHING, held: () => NONE, refresh: async () => undefined }

export async function openClaims(changes: ChangeStore, claimant: Claimant): Promise<OwnClaims> {
  const { team, userId, grant } = claimant
  if (!hasOwnRights(grant.role)) return NO_CLAIMS
  const { vendors = [] } = grant
  let actors: readonly string[] = []
  let readTo = -1
  let claims: ReadonlySet<string> = new Set()

  async function refresh(): Promise<void> {
    const head = await changes.head(team)
    if (head !== readTo) actors = await actorsOf(changes, team, userId)
    readTo = head
    const now = claimsHeld(vendors, actors, (await changes.records(vendors)).values())
    if (now.size !== claims.size || [...now].some((claim) => !claims.has(claim))) claims = now
  }

  await refresh()
  return { owns: (claim) => claims.has(claim), held: () => claims, refresh }
}

/**
 * What somebody holds claims to.
 * @param vendors rows that the grant names
 * @param actors under which they write or have written
 * @param rows    of them, those that are known
 */
export function claimsHeld(
  vendors: readonly string[],
  actors: readonly string[],
  rows: Iterable<CausalRecord>,
): ReadonlySet<string> {
  const told = [...rows].filter(({ table }) => table === 'vendors').flatMap(claimsByRow)
  return new Set([...actors.map(byActor), ...vendors.map(vendorWithId), ...told])
}

/** What a row of `vendors` says of the vendor. */
function claimsByRow(row: CausalRecord): readonly string[] {
  const { data, deleted } = viewRecord(row)
  const { name, type } = data
  const named = typeof name === 'string' && name.trim() !== '' ? [vendorNamed(name)] : []
  return isCaterer(type) && !deleted ? [...named, feedsGuestsOf(row.scope)] : named
}

async function actorsOf(changes: ChangeStore, team: string, userId: string): Promise<readonly string[]> {
  return actorsIn(await changes.inScope(team, { table: 'actors' }), userId)
}

/** @param records of `actors` */
export function actorsIn(records: readonly CausalRecord[], userId: string): readonly string[] {
  return records.flatMap((record) => {
    const { data } = viewRecord(record)
    return data.userId === userId && typeof data.actor === 'string' ? [data.actor] : []
  })
}
