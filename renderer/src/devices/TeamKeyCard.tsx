import './devices.css'
import { Alert, Button, Checkbox, Group, Loader, Modal, Stack, Text, Textarea, Title } from '@mantine/core'
import { useCallback, useState } from 'react'
import type { TeamKeyDevice, TeamKeyState } from '../../../model/rest/teamKey.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useAction } from '../ui/useAction.ts'
import { usePolled } from '../ui/usePolled.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'
import { ROLE_NAMES } from './roleWords.ts'

const EVERY_MS = 10_000
const MAX_WORDS_CHARS = 1_000

/** For an owner whose laptop, or that of another who may be the hub, was stolen. */
export function TeamKeyCard() {
  const { api } = useReplica().replica
  const ask = useCallback(() => api.teamKey(), [api])
  const { value } = usePolled(ask, EVERY_MS)
  const [isOpen, setOpen] = useState(false)
  if (!value) return null
  return (
    <section className="panel" aria-label="After a theft">
      <Title order={2} size="h4">
        After a theft
      </Title>
      <Stack gap="sm" align="start">
        <Text>
          Every laptop that may be the hub can sign for the team. If one is stolen, shut it out above, and then replace
          the team’s key: whatever it signs counts with nobody any more.
        </Text>
        {value.mayReplace ? (
          <Button variant="default" onClick={() => setOpen(true)} aria-haspopup="dialog">
            Replace the team’s key
          </Button>
        ) : (
          <Text c="dimmed">
            This team was founded by an earlier version of WedSync, whose recovery kit cannot do that. After a theft,
            begin a new team: export the weddings, and import them there.
          </Text>
        )}
      </Stack>
      {isOpen && <ReplaceDialog state={value} onClose={() => setOpen(false)} />}
    </section>
  )
}

interface ReplaceDialogProps {
  readonly state: TeamKeyState
  readonly onClose: () => void
}

function ReplaceDialog({ state: { devices }, onClose }: ReplaceDialogProps) {
  useReturnFocus()
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  const [words, setWords] = useState('')
  const [without, setWithout] = useState<readonly string[]>([])
  const [isDone, setDone] = useState(false)
  const again = devices.filter(({ goesOn }) => !goesOn)

  function toggle({ deviceId }: TeamKeyDevice) {
    setWithout(without.includes(deviceId) ? without.filter((each) => each !== deviceId) : [...without, deviceId])
  }

  return (
    <Modal opened onClose={onClose} title="Replace the team’s key" size="lg" closeOnClickOutside={false}>
      {isDone ? (
        <Group role="status">
          <Loader size="sm" />
          <Text>The key is replaced. WedSync opens again…</Text>
        </Group>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const body = { words: words.trim(), without: [...without] }
            void run(
              () => api.replaceTeamKey({ body }),
              () => setDone(true),
            )
          }}
        >
          <Stack gap="md">
            <fieldset className="staying">
              <legend>
                These laptops go on by themselves. Take off the stolen one if it stands here, and whatever you do not
                know.
              </legend>
              {devices
                .filter(({ goesOn }) => goesOn)
                .map((device) => (
                  <Checkbox
                    key={device.deviceId}
                    size="md"
                    label={device.isOwn ? `${wordsFor(device)}: this laptop` : wordsFor(device)}
                    checked={!without.includes(device.deviceId)}
                    disabled={device.isOwn}
                    onChange={() => toggle(device)}
                  />
                ))}
            </fieldset>
            <Text>
              {again.length > 0
                ? `These join again, tablets by scanning a new code: ${again.map(wordsFor).join('; ')}. What was typed on them comes in then. `
                : ''}
              Invitations that are open end. You print a new recovery kit afterwards; the words below are of no use any
              more.
            </Text>
            <Textarea
              label="The 24 words of the recovery kit"
              description="Of the kit that was made on the laptop that founded the team, or after the key was last replaced"
              value={words}
              maxLength={MAX_WORDS_CHARS}
              autosize
              minRows={3}
              spellCheck={false}
              autoComplete="off"
              data-autofocus
              onChange={({ currentTarget }) => setWords(currentTarget.value)}
            />
            {failure !== undefined && (
              <Alert color="red" title="The key was not replaced">
                {failure}
              </Alert>
            )}
            <Group justify="end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" color="red" loading={busy} disabled={words.trim() === ''}>
                Replace the key
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}

function wordsFor({ personName, name, role }: TeamKeyDevice): string {
  return `${personName || 'Somebody'} on ${name || 'a device'} (${ROLE_NAMES[role]})`
}
