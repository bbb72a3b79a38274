import { Group, Stack, Text, Title } from '@mantine/core'
import { useReplica } from '../data/ReplicaContext.tsx'
import type { ReplicaStatus } from '../replica/replica.ts'
import { FingerprintWords } from './FingerprintWords.tsx'
import { NameDevice } from './NameDevice.tsx'
import { ROLE_NAMES, weddingsWords } from './roleWords.ts'

interface TabletCardProps {
  readonly status: ReplicaStatus
}

/** What a tablet has to say of itself. */
export function TabletCard({ status }: TabletCardProps) {
  const { deviceId } = useReplica().replica
  const { personName, deviceName, grant, hub, upstreams } = status
  const connected = upstreams.find(({ state }) => state !== 'offline')
  return (
    <>
      <Title order={1} size="h2">
        Devices
      </Title>
      <section className="panel" aria-label="This device">
        <Stack gap="sm">
          <Group justify="space-between">
            <div>
              <Text fw={650} size="lg">
                {personName} <span className="faint">on {deviceName}</span>
              </Text>
              <Text c="dimmed">
                {ROLE_NAMES[grant.role]}, {weddingsWords(grant.weddings)}
              </Text>
            </div>
            <NameDevice deviceId={deviceId} label="Rename this device" />
          </Group>
          {!status.isShutOut && !status.isKeyReplaced && (
            <Text>
              {connected
                ? `Connected with the hub “${connected.name || (hub?.name ?? '')}”. This device also keeps everything itself.`
                : 'The hub is out of reach. Go on working: this device keeps your changes, and sends them when the hub is back. Do not close or reload this page until then.'}
            </Text>
          )}
          {hub?.fingerprint !== undefined && (
            <FingerprintWords title="Words of the hub that you joined" fingerprint={hub.fingerprint} />
          )}
        </Stack>
      </section>
    </>
  )
}
