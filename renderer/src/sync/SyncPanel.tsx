import { Button, Stack, Text } from '@mantine/core'
import type { PeerStatus } from '../../../model/database/status.ts'
import type { ReplicaStatus } from '../replica/replica.ts'
import { peerWords } from './badge.ts'
import { WhoIsHere } from './WhoIsHere.tsx'

interface SyncPanelProps {
  readonly status: ReplicaStatus
  readonly conflicts: number
  readonly onDecide: () => void
}

const ROLE_WORDS = {
  local: 'This device keeps everything itself.',
  hub: 'This device is the hub: the others sync through it.',
  tablet: 'This device works with its own copy, also while the hub is away.',
} as const

/** What stands behind the badge: each other device in plain words. */
export function SyncPanel({ status, conflicts, onDecide }: SyncPanelProps) {
  const { role, deviceName, personName, upstreams, devices, quarantined, notice, problem } = status
  return (
    <Stack gap="md">
      <div>
        <Text fw={650}>{deviceName}</Text>
        <Text size="sm" c="dimmed">
          {personName === '' ? '' : `${personName}. `}
          {ROLE_WORDS[role]}
        </Text>
      </div>
      {problem !== undefined && <Text c="red">{problem}</Text>}
      {notice !== undefined && <Text>{notice}</Text>}
      {conflicts > 0 && (
        <Stack gap="xs">
          <Text size="sm">
            {conflicts === 1
              ? 'Two people changed the same thing without knowing of each other.'
              : `In ${conflicts} places people changed the same thing without knowing of each other.`}{' '}
            Nothing is lost; somebody has to choose.
          </Text>
          <Button onClick={onDecide}>Decide now</Button>
        </Stack>
      )}
      {conflicts === 0 && (
        <Button variant="default" onClick={onDecide}>
          Past decisions
        </Button>
      )}
      <Upstreams peers={upstreams} />
      <WhoIsHere peers={devices} />
      {upstreams.length === 0 && devices.length === 0 && (
        <Text size="sm">Nothing else is connected. Every change is saved on this device at once.</Text>
      )}
      {quarantined > 0 && (
        <Text size="sm">
          {quarantined === 1 ? 'One change' : `${quarantined} changes`} could not be understood and{' '}
          {quarantined === 1 ? 'was' : 'were'} set aside. Everything else is not affected.
        </Text>
      )}
    </Stack>
  )
}

const KINDS = { hub: 'Hub', cloud: 'Cloud', device: 'Device' } as const

function Upstreams({ peers }: { readonly peers: readonly PeerStatus[] }) {
  if (peers.length === 0) return null
  return (
    <div>
      <Text size="sm" fw={650} c="dimmed" mb={4}>
        Syncs with
      </Text>
      <ul className="peers">
        {peers.map((peer) => (
          <li key={peer.deviceId} data-state={peer.state}>
            <Text fw={600}>
              {peer.name} <span className="faint">({KINDS[peer.kind]})</span>
            </Text>
            <Text size="sm">{peerWords(peer)}</Text>
            {peer.state === 'offline' && peer.problem !== undefined && (
              <Text size="sm" c="dimmed">
                {peer.problem}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
