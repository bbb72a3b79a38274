import { Button, Center, Paper, Stack, Text, Title } from '@mantine/core'

interface FailedProps {
  readonly title: string
  readonly advice: string
}

/** Starts the local server again where the page can do that, and itself in any case. */
function startAgain(): void {
  if (window.wedsync) void window.wedsync.restart()
  else window.location.reload()
}

/** The window cannot show any data: what happened, and what to do. */
export function Failed({ title, advice }: FailedProps) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper p="xl" withBorder maw={560} role="alert">
        <Stack gap="md">
          <Title order={1} size="h2">
            {title}
          </Title>
          <Text size="lg">{advice}</Text>
          <Button onClick={startAgain} style={{ alignSelf: 'start' }}>
            Try again
          </Button>
        </Stack>
      </Paper>
    </Center>
  )
}
