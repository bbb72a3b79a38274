import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useReplica } from './data/ReplicaContext.tsx'
import { JoinDialog } from './join/JoinDialog.tsx'
import { go } from './route.ts'
import { LiveSyncBadge } from './sync/LiveSyncBadge.tsx'
import { Icon } from './ui/icons.tsx'
import type { Wedding } from './weddings/wedding.ts'

/** The bar that is always there: the way back, how this device stands with the others, and the way in for one more. */
export function Header({ wedding }: { readonly wedding: Wedding | undefined }) {
  const { inviteDevice } = useReplica().replica
  const [inviting, setInviting] = useState(false)
  return (
    <header className="bar">
      <Group justify="space-between" gap="sm" className="bar-inner">
        {wedding ? (
          <Button
            variant="subtle"
            px="xs"
            leftSection={<Icon name="back" />}
            onClick={() => go({ screen: 'weddings' })}
          >
            Weddings
          </Button>
        ) : (
          <Text fw={650} size="lg" px="xs">
            WedSync Hub
          </Text>
        )}
        <Group gap="sm" wrap="nowrap">
          {inviteDevice && (
            <Button
              variant="default"
              leftSection={<Icon name="devices" />}
              onClick={() => setInviting(true)}
              aria-haspopup="dialog"
            >
              Let a device join
            </Button>
          )}
          <LiveSyncBadge />
        </Group>
      </Group>
      {inviteDevice && inviting && <JoinDialog invite={inviteDevice} onClose={() => setInviting(false)} />}
    </header>
  )
}
