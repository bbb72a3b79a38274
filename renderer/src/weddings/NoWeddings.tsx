import { Button, SimpleGrid, Stack, Text, Title } from '@mantine/core'

interface NoWeddingsProps {
  /** A tablet receives its weddings; it does not begin them. */
  readonly waitsForHub: boolean
  /** Something is on its way. */
  readonly isFetching: boolean
  readonly mayBegin: boolean
  readonly busy: boolean
  readonly onImport: () => void
  readonly onSample: () => Promise<void>
  /** Only an install. */
  readonly onJoin?: (() => void) | undefined
}

/** An empty database. */
export function NoWeddings({ waitsForHub, isFetching, mayBegin, busy, onImport, onSample, onJoin }: NoWeddingsProps) {
  if (waitsForHub || !mayBegin) {
    return (
      <Stack align="center" ta="center" py={96} gap="sm">
        <Title order={1} size="h2">
          {isFetching ? 'Fetching your weddings…' : 'No wedding here yet'}
        </Title>
        <Text c="dimmed" maw={440}>
          The weddings that you may see appear here by themselves as soon as the hub has sent them. Keep this page open
          and stay near the venue's Wi-Fi.
        </Text>
      </Stack>
    )
  }
  return (
    <Stack align="center" ta="center" py={72} gap="xl">
      <div>
        <Title order={1}>Your first wedding</Title>
        <Text c="dimmed" size="lg" mt="xs">
          Everything stays on this device and works without internet.
        </Text>
      </div>
      <SimpleGrid cols={{ base: 1, xs: 2 }} w="100%" maw={640}>
        <Button className="big-button" h={96} size="lg" onClick={onImport} disabled={busy} aria-haspopup="dialog">
          Import a file
        </Button>
        <Button className="big-button" h={96} size="lg" variant="default" onClick={onSample} loading={busy}>
          Open the sample wedding
        </Button>
      </SimpleGrid>
      {onJoin && (
        <Button variant="subtle" onClick={onJoin} aria-haspopup="dialog">
          Join a team that has weddings already
        </Button>
      )}
      <Text size="sm" c="dimmed" maw={520}>
        A file is a timeline or guest list as CSV, or a calendar as ICS. You see what was understood before anything is
        saved. The sample takes place today.
      </Text>
    </Stack>
  )
}
