/** The devices of a team and who may no longer come in: its `members` and `actors` records, kept at hand. */
import { deviceNames } from '../../model/identity/deviceNames.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { type Grant, roleName } from '../../model/roles.ts'
import type { ChangeStore } from '../../model/sync/changeStore.ts'
import { byHead } from './byHead.ts'
import { recordsIn } from './reading.ts'

export interface TeamDevice {
  readonly deviceId: string
  readonly name: string
  readonly personName: string
  readonly userId: string
  readonly grant: Grant
  readonly revokedAt: string | undefined
  /** One for each time that it joined; none of the install that founded the team. */
  readonly members: readonly CausalRecord[]
}

export interface Roster {
  readonly devices: ReadonlyMap<string, TeamDevice>
  /** Whether a token of this person on this device is no longer good. */
  isRevoked(userId: string, deviceId: string): boolean
  hasUser(userId: string): boolean
}

export type RosterOf = (team: string) => Promise<Roster>

/** Whoever has edits in the team and never joined it has founded it. */
const FOUNDER: Grant = { role: 'owner', weddings: 'all' }

export function rosterOf(changes: ChangeStore): RosterOf {
  return byHead(changes, (team) => readRoster(changes, team))
}

async function readRoster(changes: ChangeStore, team: string): Promise<Roster> {
  const devices = new Map<string, TeamDevice>()
  const revoked = new Set<string>()
  const users = new Set<string>()
  for await (const record of recordsIn(changes, team, { table: 'members' })) {
    const device = memberDevice(record)
    if (!device) continue
    users.add(device.userId)
    if (device.revokedAt !== undefined) revoked.add(`${device.userId} ${device.deviceId}`)
    devices.set(device.deviceId, later(devices.get(device.deviceId), device))
  }
  const actors: CausalRecord[] = []
  for await (const record of recordsIn(changes, team, { table: 'actors' })) {
    actors.push(record)
    const { userId, deviceId, deviceName, personName } = viewRecord(record).data
    if (typeof userId !== 'string' || typeof deviceId !== 'string') continue
    users.add(userId)
    if (devices.has(deviceId)) continue
    const names = { name: textOr(deviceName, ''), personName: textOr(personName, '') }
    devices.set(deviceId, { deviceId, userId, ...names, grant: FOUNDER, revokedAt: undefined, members: [] })
  }
  for (const { deviceId, name, isGiven } of deviceNames(actors).values()) {
    const device = devices.get(deviceId)
    if (device && isGiven) devices.set(deviceId, { ...device, name })
  }
  return {
    devices,
    isRevoked: (userId, deviceId) => revoked.has(`${userId} ${deviceId}`),
    hasUser: (userId) => users.has(userId),
  }
}

function memberDevice(record: CausalRecord): TeamDevice | undefined {
  const { data, deleted } = viewRecord(record)
  const { deviceId, userId, deviceName, personName, weddings, revokedAt } = data
  const role = roleName.safeParse(data.role)
  if (deleted || typeof deviceId !== 'string' || typeof userId !== 'string' || !role.success) return undefined
  return {
    deviceId,
    userId,
    name: textOr(deviceName, ''),
    personName: textOr(personName, ''),
    grant: { role: role.data, weddings: Array.isArray(weddings) ? weddings.map(String) : 'all' },
    revokedAt: typeof revokedAt === 'string' ? revokedAt : undefined,
    members: [record],
  }
}

/** A device that joined again is what it became last; its earlier places in the team go with it. */
function later(before: TeamDevice | undefined, now: TeamDevice): TeamDevice {
  if (!before) return now
  const [a, b] = joinedMs(before) > joinedMs(now) ? [now, before] : [before, now]
  return { ...b, members: [...a.members, ...b.members] }
}

function joinedMs({ members }: TeamDevice): number {
  return Math.max(...members.map((record) => viewRecord(record).created.ms))
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other
}
