/** Who is calling this install, and under what names the team knows them. */
import { z } from 'zod'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { MemberData } from '../identity/admit.ts'
import { grantOf } from '../identity/grant.ts'
import type { Identity } from '../identity/identity.ts'
import { epochOf, type Team } from '../identity/team.ts'
import { type Capability, readToken, teamOfToken, verifyToken } from '../identity/token.ts'
import type { Caller } from '../rest/context.ts'
import type { Person } from './people.ts'

export function personOf({ team, userId, deviceId, personName, deviceName }: Identity): Person {
  return { team: team.id, userId, deviceId, personName, deviceName }
}

export function ownCaller({ team, userId, deviceId, grant }: Identity): Caller {
  return { team: team.id, userId, deviceId, grant }
}

/** A caller, and what kind of device its token was given to. */
export interface TokenCaller extends Caller {
  readonly holder: Capability['holder']
  readonly capability: Capability
}

/** Who a bearer token of this team names. */
export async function callerOf(token: string, { team }: Identity): Promise<TokenCaller | undefined> {
  const verified = verifyToken(token, team.publicKey, Date.now())
  if (!verified.ok || verified.value.team !== team.id) return undefined
  const { user, device, holder } = verified.value
  return {
    team: team.id,
    userId: user,
    deviceId: device,
    holder,
    grant: grantOf(verified.value),
    capability: verified.value,
  }
}

/** Whether the token was good before the key of the team was replaced, as far as can be seen. */
export function isOfEarlierKey(token: string, team: Team): boolean {
  return epochOf(team) > 0 && teamOfToken(token) === team.id && !readToken(token, team.publicKey).ok
}

export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? '')?.[1]
}

const names = z.object({ personName: z.string(), deviceName: z.string() })

/** Keeps the names that a device gave when it joined, for edits that it sends through the REST API of this hub. */
export async function rememberNames(
  state: StateStore,
  { deviceId, personName, deviceName }: MemberData,
): Promise<void> {
  await state.set(`admitted/${deviceId}`, { personName, deviceName })
}

/** The caller with names: this install's own, or those that the device gave when it joined here. */
export async function personOfCaller(caller: Caller, identity: Identity, state: StateStore): Promise<Person> {
  const own = personOf(identity)
  if (caller.userId === own.userId && caller.deviceId === own.deviceId) return own
  const { team, userId, deviceId } = caller
  const known = names.safeParse(await state.get(`admitted/${deviceId}`))
  return { team, userId, deviceId, ...(known.data ?? { personName: 'somebody', deviceName: 'a device' }) }
}
