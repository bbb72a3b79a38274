import { Alert, Button, Center, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import type { OpenOutcome } from '../replica/replica.ts'

interface NeedsNameProps {
  readonly join: (name: string) => Promise<OpenOutcome>
  readonly onOutcome: (outcome: OpenOutcome) => void
}

const MAX_NAME_CHARS = 200

/** The first screen of an invited tablet. */
export function NeedsName({ join, onOutcome }: NeedsNameProps) {
  const [name, setName] = useState('')
  const [joining, setJoining] = useState(false)
  const [failure, setFailure] = useState<string>()
  function submit() {
    setJoining(true)
    setFailure(undefined)
    join(name.trim()).then(onOutcome, (cause: unknown) => {
      setJoining(false)
      setFailure(cause instanceof Error ? cause.message : String(cause))
    })
  }
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper p="xl" withBorder maw={520} w="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Stack gap="lg">
            <Title order={1} size="h2">
              You have been invited to a wedding team
            </Title>
            <Text>
              Your name stands beside what you change, so that the others know who did it. The weddings are then kept on
              this device and work without a connection.
            </Text>
            <TextInput
              label="Your name"
              required
              withAsterisk={false}
              autoFocus
              autoComplete="name"
              maxLength={MAX_NAME_CHARS}
              size="md"
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
            />
            {failure !== undefined && (
              <Alert color="red" title="Joining did not work">
                Stay near the venue's Wi-Fi and try again. If it still fails, ask for a new invitation. ({failure})
              </Alert>
            )}
            <Button type="submit" size="md" loading={joining} disabled={name.trim() === ''}>
              Join the team
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}
