import './devices.css'
import { Alert, Button, Group, Text, Title } from '@mantine/core'
import { useCallback, useState } from 'react'
import { mayServeAsHub } from '../../../model/roles.ts'
import { useReplica, useStatus } from '../data/ReplicaContext.tsx'
import { useOthers } from '../presence/useOthers.ts'
import { Opening } from '../start/Opening.tsx'
import { Icon } from '../ui/icons.tsx'
import { usePolled } from '../ui/usePolled.ts'
import type { Wedding } from '../weddings/wedding.ts'
import { DeviceList } from './DeviceList.tsx'
import { HubCard } from './HubCard.tsx'
import { InviteDialog } from './InviteDialog.tsx'
import { JoinTeamDialog } from './JoinTeamDialog.tsx'
import { LockCard } from './LockCard.tsx'
import { OpenInvitations } from './OpenInvitations.tsx'
import { RecoveryCard } from './RecoveryCard.tsx'
import { TabletCard } from './TabletCard.tsx'
import { TeamKeyCard } from './TeamKeyCard.tsx'
import { useJoins } from './useJoins.ts'

const EVERY_MS = 2_000

/** The devices of the team: the hub, who may join, who is here. */
export function DevicesScreen({ weddings }: { readonly weddings: readonly Wedding[] }) {
  const { kind, api, deviceId } = useReplica().replica
  const status = useStatus()
  const others = useOthers()
  const askDevices = useCallback(() => api.devices(), [api])
  const devices = usePolled(askDevices, EVERY_MS)
  if (!status) return <Opening />
  const isOut = status.isShutOut || status.isKeyReplaced
  return (
    <div className="devices-page">
      {kind === 'install' ? (
        <InstallPart weddings={weddings} onChange={devices.again} />
      ) : (
        <TabletCard status={status} />
      )}
      {devices.value && !isOut && (
        <DeviceList
          devices={devices.value.devices}
          isOld={devices.failure !== undefined}
          others={others}
          weddings={weddings}
          ownDevice={deviceId}
          mayRevoke={kind === 'install' && status.grant.role === 'owner'}
          onChange={devices.again}
        />
      )}
      {!devices.value && !isOut && (
        <Text c="dimmed">
          {devices.failure
            ? 'The list of devices comes from the hub, which is out of reach.'
            : 'Asking who is in the team…'}
        </Text>
      )}
      {kind === 'install' && status.grant.role === 'owner' && (
        <RecoveryCard hasCloud={status.upstreams.some((upstream) => upstream.kind === 'cloud')} />
      )}
      {kind === 'install' && status.grant.role === 'owner' && <TeamKeyCard />}
      {kind === 'install' && <LockCard />}
    </div>
  )
}

interface InstallPartProps {
  readonly weddings: readonly Wedding[]
  readonly onChange: () => void
}

function InstallPart({ weddings, onChange }: InstallPartProps) {
  const { api } = useReplica().replica
  const status = useStatus()
  const askHub = useCallback(() => api.hubState(), [api])
  const hub = usePolled(askHub, EVERY_MS)
  const joins = useJoins()
  const [dialog, setDialog] = useState<'invite' | 'join'>()
  if (!status) return null

  function changed() {
    hub.again()
    joins.again()
    onChange()
  }

  const mayInvite = mayServeAsHub(status.grant)
  return (
    <>
      <Group justify="space-between">
        <Title order={1} size="h2">
          Devices
        </Title>
        <Group gap="sm">
          <Button variant="default" onClick={() => setDialog('join')} aria-haspopup="dialog">
            Join a team
          </Button>
          {mayInvite && (
            <Button leftSection={<Icon name="plus" />} onClick={() => setDialog('invite')} aria-haspopup="dialog">
              Let a device join
            </Button>
          )}
        </Group>
      </Group>
      {hub.value && <HubCard hub={hub.value} status={status} onChange={changed} />}
      {!hub.value && hub.failure !== undefined && (
        <Alert color="red" title="WedSync on this laptop does not answer">
          {hub.failure.message}
        </Alert>
      )}
      <OpenInvitations joins={joins.value ?? []} onChange={joins.again} />
      {dialog === 'invite' && (
        <InviteDialog
          weddings={weddings}
          hubUrl={hub.value?.url}
          onClose={() => {
            setDialog(undefined)
            changed()
          }}
        />
      )}
      {dialog === 'join' && <JoinTeamDialog onClose={() => setDialog(undefined)} />}
    </>
  )
}
