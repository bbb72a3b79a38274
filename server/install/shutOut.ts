/**
 * A device that was shut out is told so at the hub's door. The record that says it may never reach the device, since the hub
 * gives it nothing more, so what it was told is kept: until it has another token, which is what a new invitation brings.
 */
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { RosterOf } from '../rest/roster.ts'

const TOLD = 'shut-out'

export interface ShutOut {
  /** A hub of the team has refused this device as one that was shut out. */
  told(): void
  /** The roster in which this device is shut out if it was told so. */
  readonly rosters: RosterOf
}

/** @param own who this install is at the moment */
export async function openShutOut(
  rosters: RosterOf,
  own: () => Identity,
  state: StateStore,
  log: Log,
): Promise<ShutOut> {
  let refusedToken = z
    .string()
    .optional()
    .parse(await state.get(TOLD))
  return {
    told() {
      refusedToken = own().token
      state.set(TOLD, refusedToken).catch((cause: unknown) => {
        // It is told again at the next contact.
        log('being shut out could not be kept', { reason: cause instanceof Error ? cause.message : 'unknown' })
      })
    },
    async rosters(team) {
      const roster = await rosters(team)
      const { token, userId, deviceId } = own()
      if (refusedToken !== token) return roster
      const isOwn = (user: string, device: string) => user === userId && device === deviceId
      return { ...roster, isRevoked: (user, device) => isOwn(user, device) || roster.isRevoked(user, device) }
    },
  }
}
