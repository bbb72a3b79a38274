import { Alert, Button, Group, Modal, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { DeviceEntry } from '../../../model/rest/devices.ts'
import { mayServeAsHub } from '../../../model/roles.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useLive } from '../data/useLive.ts'
import type { Present } from '../presence/useOthers.ts'
import { Whereabouts } from '../presence/Whereabouts.tsx'
import { useAction } from '../ui/useAction.ts'
import { useNow } from '../ui/useNow.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'
import type { Wedding } from '../weddings/wedding.ts'
import { NameDevice } from './NameDevice.tsx'
import { ROLE_NAMES, weddingsWords } from './roleWords.ts'

interface DeviceListProps {
  readonly devices: readonly DeviceEntry[]
  /** From the last time that the hub answered. */
  readonly isOld: boolean
  readonly others: readonly Present[]
  readonly weddings: readonly Wedding[]
  readonly ownDevice: string
  readonly mayRevoke: boolean
  readonly onChange: () => void
}

/** Every device of the team: whose it is, what it may do, and whether it is here. */
export function DeviceList({ devices, isOld, others, weddings, ownDevice, mayRevoke, onChange }: DeviceListProps) {
  const nowMs = useNow()
  const [asked, setAsked] = useState<DeviceEntry>()
  const names = useLive(useReplica().live.namings)
  // A name that was given just now is here before the hub says it.
  const nameOf = ({ deviceId, name }: DeviceEntry) => {
    const naming = names?.get(deviceId)
    return (naming?.isGiven ? naming.name : name) || 'a device'
  }
  const inTeam = devices.filter(({ revokedAt }) => revokedAt === null).sort(byPresence(ownDevice, others))
  const shutOut = devices.filter(({ revokedAt }) => revokedAt !== null)
  return (
    <section className="panel" aria-label="Devices of the team">
      <Title order={2} size="h4">
        Devices of the team
      </Title>
      {isOld && <Text c="dimmed">The hub does not answer: this is what it said last.</Text>}
      <ul className="device-list">
        {inTeam.map((device) => (
          <li key={device.deviceId}>
            <div>
              <Text fw={600}>
                {device.personName || 'Somebody'} <span className="faint">on {nameOf(device)}</span>
                {device.deviceId === ownDevice && <span className="tag">This device</span>}
                {device.kind === 'hub' && <span className="tag tag-now">Hub</span>}
              </Text>
              <Text size="sm" c="dimmed">
                {ROLE_NAMES[device.role]}, {weddingsWords(device.weddings)}
              </Text>
              <span className="device-state" data-online={isHere(device, others)}>
                <Whereabouts device={device} others={others} weddings={weddings} nowMs={nowMs} />
              </span>
            </div>
            <Group gap="xs">
              <NameDevice deviceId={device.deviceId} label={`Rename ${nameOf(device)}`} />
              {mayRevoke && device.deviceId !== ownDevice && (
                <Button
                  variant="default"
                  onClick={() => setAsked(device)}
                  aria-haspopup="dialog"
                  aria-label={`Shut out ${device.personName} on ${nameOf(device)}`}
                >
                  Shut out
                </Button>
              )}
            </Group>
          </li>
        ))}
      </ul>
      {shutOut.length > 0 && (
        <Text size="sm" c="dimmed" mt="sm">
          Shut out: {shutOut.map((device) => `${device.personName || 'somebody'} on ${nameOf(device)}`).join('; ')}.
        </Text>
      )}
      {asked && (
        <RevokeDialog
          device={{ ...asked, name: nameOf(asked) }}
          onClose={() => setAsked(undefined)}
          onDone={() => {
            setAsked(undefined)
            onChange()
          }}
        />
      )}
    </section>
  )
}

interface RevokeDialogProps {
  readonly device: DeviceEntry
  readonly onClose: () => void
  readonly onDone: () => void
}

function RevokeDialog({ device, onClose, onDone }: RevokeDialogProps) {
  const { deviceId, name, personName } = device
  useReturnFocus()
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  return (
    <Modal opened onClose={onClose} title={`Shut out ${personName || 'somebody'} on “${name}”?`} size="md">
      <Text>
        It gets and sends nothing more, from now on. What is on it already stays on it. To come back, it needs a new
        invitation.
      </Text>
      {mayServeAsHub(device) && (
        <Alert color="yellow" mt="md" title="Was it a laptop that was stolen?">
          It could sign for the team, and whoever opens it still can. Shut it out, and then replace the team’s key:
          below, under “After a theft”. That takes the words of the recovery kit.
        </Alert>
      )}
      {failure !== undefined && (
        <Alert color="red" mt="md" title="It was not shut out">
          Try again. ({failure})
        </Alert>
      )}
      <Group mt="lg" justify="end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color="red"
          loading={busy}
          onClick={() => run(() => api.revokeDevice({ params: { deviceId } }), onDone)}
        >
          Shut out
        </Button>
      </Group>
    </Modal>
  )
}

/** Some who are here are connected elsewhere, and are heard of through the hub. */
function isHere({ deviceId, online }: DeviceEntry, others: readonly Present[]): boolean {
  return online || others.some((other) => other.deviceId === deviceId)
}

function byPresence(own: string, others: readonly Present[]): (a: DeviceEntry, b: DeviceEntry) => number {
  const rank = (device: DeviceEntry) => (device.deviceId === own ? 0 : isHere(device, others) ? 1 : 2)
  return (a, b) =>
    rank(a) - rank(b) || (b.lastSeen ?? '').localeCompare(a.lastSeen ?? '') || a.personName.localeCompare(b.personName)
}
