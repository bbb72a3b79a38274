import { Text } from '@mantine/core'
import { useCallback } from 'react'
import type { PeerStatus } from '../../../model/database/status.ts'
import type { DeviceEntry } from '../../../model/rest/devices.ts'
import { useReplica, useWeddings } from '../data/ReplicaContext.tsx'
import { type Present, useOthers } from '../presence/useOthers.ts'
import { Whereabouts } from '../presence/Whereabouts.tsx'
import { useNow } from '../ui/useNow.ts'
import { usePolled } from '../ui/usePolled.ts'
import { weddingOf } from '../weddings/wedding.ts'
import { peerWords } from './badge.ts'

const EVERY_MS = 3_000
/** The page “Devices” has them all. */
const MAX_SHOWN = 8

/** The people of the team, those who are here first: on what device, where, and how far in step. */
export function WhoIsHere({ peers }: { readonly peers: readonly PeerStatus[] }) {
  const { api, deviceId } = useReplica().replica
  const askDevices = useCallback(() => api.devices(), [api])
  const devices = usePolled(askDevices, EVERY_MS).value?.devices
  const others = useOthers()
  const weddings = useWeddings()?.map(weddingOf) ?? []
  const nowMs = useNow()
  const people = peopleOf(devices ?? others.map(presentDevice), deviceId, others)
  if (people.length === 0) return null
  return (
    <section aria-label="Who is here">
      <Text size="sm" fw={650} c="dimmed" mb={4}>
        Who is here
      </Text>
      <ul className="peers">
        {people.slice(0, MAX_SHOWN).map((device) => {
          const peer = peers.find((each) => each.deviceId === device.deviceId)
          return (
            <li key={device.deviceId} data-state={device.isHere ? (peer?.state ?? 'equal') : 'offline'}>
              <Text fw={600}>
                {device.personName || 'Somebody'} <span className="faint">on {device.name || 'a device'}</span>
              </Text>
              <Text size="sm">
                <Whereabouts device={device} others={others} weddings={weddings} nowMs={nowMs} />
              </Text>
              {peer && (
                <Text size="sm" c="dimmed">
                  {peerWords(peer)}
                </Text>
              )}
            </li>
          )
        })}
      </ul>
      {people.length > MAX_SHOWN && (
        <Text size="sm" c="dimmed">
          {people.length - MAX_SHOWN} more under “Devices”.
        </Text>
      )}
    </section>
  )
}

type Listed = Pick<DeviceEntry, 'deviceId' | 'name' | 'personName' | 'online' | 'lastSeen'>

/** Where nobody tells of devices, as on a tablet whose hub is away: who tells of themselves. */
function presentDevice({ deviceId, deviceName, personName }: Present): Listed & Pick<DeviceEntry, 'revokedAt'> {
  return { deviceId, name: deviceName, personName, online: true, lastSeen: null, revokedAt: null }
}

/** Others of the team that are here, then those seen last; who was never seen here, and who was shut out, is left out. */
function peopleOf(
  devices: readonly (Listed & Pick<DeviceEntry, 'revokedAt'>)[],
  own: string,
  others: readonly Present[],
): readonly (Listed & { readonly isHere: boolean })[] {
  return devices
    .filter(({ deviceId, revokedAt }) => deviceId !== own && revokedAt === null)
    .map((device) => ({
      ...device,
      isHere: device.online || others.some(({ deviceId }) => deviceId === device.deviceId),
    }))
    .filter(({ isHere, lastSeen }) => isHere || lastSeen !== null)
    .sort(
      (a, b) =>
        Number(b.isHere) - Number(a.isHere) ||
        (b.lastSeen ?? '').localeCompare(a.lastSeen ?? '') ||
        a.personName.localeCompare(b.personName),
    )
}
