import { Button, Group, Text } from '@mantine/core'
import { go, type Route } from './route.ts'
import { LiveSyncBadge } from './sync/LiveSyncBadge.tsx'
import { Icon } from './ui/icons.tsx'

/** The bar that is always there: the way back, how this device stands with the others, and the way to them. */
export function Header({ screen }: { readonly screen: Route['screen'] }) {
  return (
    <header className="bar">
      <Group justify="space-between" gap="sm" className="bar-inner">
        {screen === 'weddings' ? (
          <Text fw={650} size="lg" px="xs">
            WedSync Hub
          </Text>
        ) : (
          <Button
            variant="subtle"
            px="xs"
            leftSection={<Icon name="back" />}
            onClick={() => go({ screen: 'weddings' })}
          >
            Weddings
          </Button>
        )}
        <Group gap="sm" wrap="nowrap">
          {screen !== 'devices' && (
            <Button variant="default" leftSection={<Icon name="devices" />} onClick={() => go({ screen: 'devices' })}>
              Devices
            </Button>
          )}
          <LiveSyncBadge />
        </Group>
      </Group>
    </header>
  )
}
