import '../devices/devices.css'
import { Alert, Button, Center, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import type { JoinAs, OpenOutcome } from '../replica/replica.ts'

interface NeedsNameProps {
  readonly join: JoinAs
  readonly onOutcome: (outcome: OpenOutcome) => void
}

const MAX_NAME_CHARS = 200

/** The first screen of an invited tablet. */
export function NeedsName({ join, onOutcome }: NeedsNameProps) {
  const [name, setName] = useState('')
  const [joining, setJoining] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [code, setCode] = useState<string>()
  function submit() {
    setJoining(true)
    setFailure(undefined)
    join(name.trim(), setCode).then(onOutcome, (cause: unknown) => {
      setJoining(false)
      setCode(undefined)
      setFailure(cause instanceof Error ? cause.message : String(cause))
    })
  }
  if (code !== undefined) return <Waiting code={code} />
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

/** Somebody at the hub has to let this device in. */
function Waiting({ code }: { readonly code: string }) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper p="xl" withBorder maw={520} w="100%" role="status">
        <Stack gap="sm">
          <Title order={1} size="h2">
            Almost there
          </Title>
          <Text>
            Somebody at the hub has to let you in. Read this code out to them; their screen has to show the same. Keep
            this page open: it goes on by itself.
          </Text>
          <p className="join-code">{code}</p>
          <Text c="dimmed">If their screen shows another code, close this page and ask for a new link.</Text>
        </Stack>
      </Paper>
    </Center>
  )
}
