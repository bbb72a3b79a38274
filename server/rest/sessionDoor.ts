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

/** @param resource what is entered, for the audit */
export async function admitSession(
  caller: Caller,
  { rosters, trail }: DoorParts,
  resource = 'sync session',
): Promise<Result<true, SessionError>> {
  const isRevoked = (await rosters(caller.team)).isRevoked(caller.userId, caller.deviceId)
  await trail.note({ event: 'login', resource, caller }, { phase: isRevoked ? 'refused' : 'done' })
  return isRevoked ? err({ code: 'REVOKED', message: 'this device was shut out of the team' }) : ok(true)
}
