/**
 * Teams that this install was part of before it joined another. What it had in their scopes (its own certificate, whose edits
 * its actors' are) stays in its database, and is nothing to its present team: it is neither sent nor counted.
 */
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { SqliteStore } from '../changes/sqlite.ts'
import { forgetKit } from '../identity/recovery.ts'

const FORMER_TEAMS = 'former-teams'
const teams = z.array(z.string()).default([])

async function formerTeams(state: StateStore): Promise<readonly string[]> {
  return teams.parse((await state.get(FORMER_TEAMS)) ?? undefined)
}

/**
 * Whoever was part of one team is about to be part of another, or of the same still. To be noted before the new identity is
 * saved: a crash in between then leaves a note of the present team, which counts for nothing. A kit that was still to be written
 * down was that of the team before.
 */
export async function noteTeamChange(state: StateStore, before: string, now: string): Promise<void> {
  if (before === now) return
  const others = (await formerTeams(state)).filter((team) => team !== before && team !== now)
  await state.set(FORMER_TEAMS, [...others, before])
  await forgetKit(state)
}

/** The store, without the scopes of former teams. @param present the team that this install is part of */
export function withoutFormerTeams(store: SqliteStore, present: string): SqliteStore {
  const { changes, state } = store
  /** Looked up once: another one comes only with another identity, for which the store is opened anew. */
  let former: Promise<readonly string[]> | undefined
  return {
    ...store,
    changes: {
      ...changes,
      async scopes() {
        former ??= formerTeams(state)
        const others = new Set(await former)
        others.delete(present)
        const scopes = await changes.scopes()
        return others.size === 0 ? scopes : scopes.filter((scope) => !others.has(scope))
      },
    },
  }
}
