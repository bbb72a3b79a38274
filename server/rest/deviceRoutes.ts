/** `GET /devices` and `DELETE /devices/:deviceId` (`cli.md`). */
import { randomUUID } from 'node:crypto'
import { createRecord, editRecord } from '../../model/merge/edit.ts'
import type { DeviceEntry } from '../../model/rest/devices.ts'
import type { Caller, ServerContext } from './context.ts'
import { HttpError, missing } from './errors.ts'
import type { Roster, RosterOf, TeamDevice } from './roster.ts'
import type { Handlers } from './router.ts'

const REVOCATION_RISK = 40

export function deviceHandlers(
  context: ServerContext,
  rosters: RosterOf,
  now: () => number,
): Pick<Handlers, 'devices' | 'revokeDevice'> {
  return {
    async devices({ caller }) {
      return { devices: await entriesOf(context, await rosters(caller.team), caller) }
    },

    async revokeDevice({ caller, params: { deviceId }, origin }) {
      const device = (await rosters(caller.team)).devices.get(deviceId)
      if (!device) throw missing('The team has no such device')
      if (deviceId === caller.deviceId) {
        throw new HttpError(409, 'OWN_DEVICE', 'A device cannot shut itself out: use another one')
      }
      if (device.revokedAt === undefined) {
        const subject = { event: 'revocation', resource: deviceId, caller, origin, risk: REVOCATION_RISK } as const
        const work = () => revoke(context, device, caller, new Date(now()).toISOString())
        await context.trail.run(subject, work, () => [{ phase: 'done' }])
      }
      context.dismiss(deviceId)
      return undefined
    },
  }
}

async function entriesOf(context: ServerContext, { devices }: Roster, caller: Caller): Promise<DeviceEntry[]> {
  const { role, deviceId: own, devices: connected, upstreams } = await context.status(caller)
  const peers = new Map([...upstreams, ...connected].map((peer) => [peer.deviceId, peer]))
  const calls = await context.books.sessions.latest({ team: caller.team })
  const lastCalls = new Map(calls.map(({ deviceId, atMs }) => [deviceId, atMs]))
  return [...devices.values()].map(({ deviceId, name, personName, grant, revokedAt }) => {
    const peer = peers.get(deviceId)
    const isOnline = deviceId === own || (peer !== undefined && peer.state !== 'offline')
    const lastMs = isOnline ? Date.now() : later(lastCalls.get(deviceId), context.lastSeen?.(deviceId))
    return {
      deviceId,
      name,
      personName,
      kind: deviceId === own && role === 'hub' ? 'hub' : (peer?.kind ?? 'device'),
      role: grant.role,
      weddings: grant.weddings === 'all' ? 'all' : [...grant.weddings],
      lastSeen: lastMs === undefined ? null : new Date(lastMs).toISOString(),
      online: isOnline,
      revokedAt: revokedAt ?? null,
    }
  })
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b)
}

/** An ordinary edit, so every server of the team learns of it. */
async function revoke(
  { stores, authors }: ServerContext,
  { members, deviceId, userId, name, personName, grant }: TeamDevice,
  caller: Caller,
  revokedAt: string,
): Promise<void> {
  const by = (await authors(caller))()
  if (members.length > 0) {
    await stores.changes.update(members.map(({ id }) => id).sort(), (current) =>
      [...current.values()].map((record) => ({ record: editRecord(record, { revokedAt }, by) })),
    )
    return
  }
  // The install that founded the team never joined it.
  const { role, weddings } = grant
  const data = { deviceId, userId, personName, deviceName: name, role, weddings, revokedAt }
  const record = createRecord({ id: randomUUID(), scope: caller.team, table: 'members', data }, by)
  await stores.changes.update([record.id], () => [{ record }])
}
