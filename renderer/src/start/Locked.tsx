import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { OpenOutcome, Unlock } from '../replica/replica.ts'

interface LockedProps {
  readonly unlock: Unlock
  readonly onOutcome: (outcome: OpenOutcome) => void
}

/** Nobody has touched the window for a while: it shows nothing until somebody says the passphrase. */
export function Locked({ unlock, onOutcome }: LockedProps) {
  const [passphrase, setPassphrase] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string>()
  async function submit() {
    setBusy(true)
    setFailure(undefined)
    const answer = await unlock(passphrase)
    setBusy(false)
    setPassphrase('')
    if (answer.ok) onOutcome(answer.value)
    else setFailure(answer.error)
  }
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper p="xl" withBorder maw={520} w="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          <Stack gap="lg">
            <Title order={1} size="h2">
              Locked
            </Title>
            <Text>Sync goes on meanwhile. Say the passphrase of this laptop to see your weddings again.</Text>
            <PasswordInput
              label="Passphrase"
              size="md"
              autoFocus
              autoComplete="current-password"
              value={passphrase}
              onChange={({ currentTarget }) => setPassphrase(currentTarget.value)}
            />
            {failure !== undefined && (
              <Alert color="red" title="Still locked">
                {failure}
              </Alert>
            )}
            <Button type="submit" size="md" loading={busy} disabled={passphrase === ''}>
              Unlock
            </Button>
            <Text size="sm" c="dimmed">
              Forgotten? Whoever may start programs on this laptop starts WedSync once with --forget-lock.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}
