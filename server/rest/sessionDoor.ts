/** The door for sync sessions: their token is good; is the device still in, and can its coming be put on record? */
import { err, ok, type Result } from '../../model/result.ts'
import type { SessionError } from '../../model/sync/session.ts'
import type { Trail } from '../audit/trail.ts'
import type { Caller } from './context.ts'
import type { RosterOf } from './roster.ts'

export interface DoorParts {
  readonly rosters: RosterOf
  readonly trail: Trail
}

/** Nobody can reach into a device that was lost; whoever has it in good faith is told what to do. */
export const SHUT_OUT =
  "This device was shut out of the team: delete the team's data from it (a laptop's data folder, a tablet's site data), or ask the owner for a new invitation"

/** A laptop that stays asks how the key came to be another one, and goes on by itself; who reads this is to do something. */
const KEY_REPLACED: SessionError = {
  code: 'KEY_REPLACED',
  message:
    'the key of the team was replaced: scan a new code or ask for a new link; if that is of no use, update WedSync on this device',
}

/** What a device is told whose token an earlier key of the team has signed. Which device it is, it only says. */
export async function refusalAfterReplacement(
  team: string,
  deviceId: string,
  rosters: RosterOf,
): Promise<SessionError> {
  const device = (await rosters(team)).devices.get(deviceId)
  return device?.revokedAt === undefined ? KEY_REPLACED : { code: 'REVOKED', message: SHUT_OUT }
}

/** @param resource what is entered, for the audit */
export async function admitSession(
  caller: Caller,
  { rosters, trail }: DoorParts,
  resource = 'sync session',
): Promise<Result<true, SessionError>> {
  const isRevoked = (await rosters(caller.team)).isRevoked(caller.userId, caller.deviceId)
  await trail.note({ event: 'login', resource, caller }, { phase: isRevoked ? 'refused' : 'done' })
  return isRevoked ? err({ code: 'REVOKED', message: SHUT_OUT }) : ok(true)
}
