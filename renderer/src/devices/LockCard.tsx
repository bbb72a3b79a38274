import { Alert, Button, Group, Modal, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useCallback, useState } from 'react'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useAction } from '../ui/useAction.ts'
import { usePolled } from '../ui/usePolled.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'

const EVERY_MS = 10_000
const MIN_CHARS = 4

/** The lock of this window: set, taken away, or pulled to at once. */
export function LockCard() {
  const { api } = useReplica().replica
  const ask = useCallback(() => api.windowLock(), [api])
  const { value: lock, again } = usePolled(ask, EVERY_MS)
  const { busy, failure, run } = useAction()
  const [isChanging, setChanging] = useState(false)
  if (!lock) return null
  return (
    <section className="panel" aria-label="Lock of this window">
      <Title order={2} size="h4">
        Lock of this window
      </Title>
      <Text>
        {lock.isSet
          ? `When nobody touches this window for ${lock.idleMinutes} minutes it shows nothing until somebody says the passphrase. What was typed and not saved by then is gone.`
          : `Where others walk past this laptop, it can lock its window after ${lock.idleMinutes} minutes. Sync goes on meanwhile.`}
      </Text>
      {failure !== undefined && <Text c="red">{failure}</Text>}
      <Group mt="sm">
        {lock.isSet && (
          // The page begins anew by itself, and finds itself locked.
          <Button loading={busy} onClick={() => run(() => api.lockWindow())}>
            Lock now
          </Button>
        )}
        <Button variant="default" aria-haspopup="dialog" onClick={() => setChanging(true)}>
          {lock.isSet ? 'Do not lock any more' : 'Set a passphrase'}
        </Button>
      </Group>
      {isChanging && (
        <PassphraseDialog
          isSet={lock.isSet}
          onClose={() => {
            setChanging(false)
            again()
          }}
        />
      )}
    </section>
  )
}

function PassphraseDialog({ isSet, onClose }: { readonly isSet: boolean; readonly onClose: () => void }) {
  useReturnFocus()
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  const [passphrase, setPassphrase] = useState('')
  const [repeated, setRepeated] = useState('')
  const isFit = isSet ? passphrase !== '' : passphrase.length >= MIN_CHARS && passphrase === repeated
  const body = isSet ? { passphrase: null, current: passphrase } : { passphrase }
  return (
    <Modal opened onClose={onClose} title={isSet ? 'Do not lock any more' : 'Set a passphrase'} size="md">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void run(() => api.setWindowLock({ body }), onClose)
        }}
      >
        <Stack gap="md">
          <PasswordInput
            label="Passphrase"
            description={isSet ? undefined : `At least ${MIN_CHARS} characters; for this laptop only`}
            autoComplete={isSet ? 'current-password' : 'new-password'}
            data-autofocus
            value={passphrase}
            onChange={({ currentTarget }) => setPassphrase(currentTarget.value)}
          />
          {!isSet && (
            <PasswordInput
              label="The same again"
              autoComplete="new-password"
              value={repeated}
              error={repeated !== '' && repeated !== passphrase && 'The two are not the same yet.'}
              onChange={({ currentTarget }) => setRepeated(currentTarget.value)}
            />
          )}
          {failure !== undefined && (
            <Alert color="red" title="Nothing was changed">
              {failure}
            </Alert>
          )}
          <Group justify="end">
            <Button type="submit" loading={busy} disabled={!isFit}>
              {isSet ? 'Do not lock' : 'Lock from now on'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
