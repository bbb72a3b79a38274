import './devices.css'
import { Alert, Button, Group, Loader, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useCallback, useState } from 'react'
import type { JoiningState } from '../../../model/rest/joining.ts'
import { unreachable } from '../../../model/result.ts'
import { useReplica, useStatus } from '../data/ReplicaContext.tsx'
import { useAction } from '../ui/useAction.ts'
import { usePolled } from '../ui/usePolled.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'

const EVERY_MS = 700
const MAX_NAME_CHARS = 200
const MAX_LINK_CHARS = 2_000

/** This laptop becomes part of somebody else's team. When it is in, the page begins anew by itself. */
export function JoinTeamDialog({ onClose }: { readonly onClose: () => void }) {
  useReturnFocus()
  const { api } = useReplica().replica
  const ask = useCallback(() => api.joining(), [api])
  const { value: joining, again } = usePolled(ask, EVERY_MS)
  const { busy, failure, run } = useAction()

  function close() {
    void run(() => api.stopJoining())
    onClose()
  }

  return (
    <Modal opened onClose={close} title="Join a team" size="lg" closeOnClickOutside={false}>
      {joining && (
        <Body
          joining={joining}
          busy={busy}
          failure={failure}
          onJoin={(body) => run(() => api.startJoining({ body }), again)}
          onStop={close}
        />
      )}
    </Modal>
  )
}

interface BodyProps {
  readonly joining: JoiningState
  readonly busy: boolean
  readonly failure: string | undefined
  readonly onJoin: (request: { readonly link: string; readonly personName: string }) => void
  readonly onStop: () => void
}

function Body({ joining, busy, failure, onJoin, onStop }: BodyProps) {
  switch (joining.state) {
    case 'idle':
    case 'failed':
      return <JoinForm problem={joining.state === 'failed' ? joining.message : failure} busy={busy} onJoin={onJoin} />
    case 'asking':
      return <Busy what="Asking the hub…" />
    case 'waiting':
      return (
        <Stack gap="sm" role="status">
          <Text>
            Somebody at the hub has to let you in. Read this code out to them; their screen has to show the same. If it
            does not, stop.
          </Text>
          <p className="join-code">{joining.code}</p>
          <Group>
            <Button variant="default" onClick={onStop}>
              Stop
            </Button>
          </Group>
        </Stack>
      )
    case 'joined':
      return <Busy what="You are in. WedSync opens again with the weddings of the team…" />
    default:
      return unreachable(joining)
  }
}

function Busy({ what }: { readonly what: string }) {
  return (
    <Group role="status">
      <Loader size="sm" />
      <Text>{what}</Text>
    </Group>
  )
}

interface JoinFormProps {
  readonly problem: string | undefined
  readonly busy: boolean
  readonly onJoin: BodyProps['onJoin']
}

function JoinForm({ problem, busy, onJoin }: JoinFormProps) {
  const known = useStatus()?.personName ?? ''
  const [typed, setName] = useState<string>()
  const personName = typed ?? known
  const [link, setLink] = useState('')
  const isComplete = personName.trim() !== '' && link.trim() !== ''
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onJoin({ link: link.trim(), personName: personName.trim() })
      }}
    >
      <Stack gap="md">
        <Text>On the hub, somebody opens “Devices” and presses “Let a device join”. Paste the link that it shows.</Text>
        <TextInput
          label="Your name, as the others see it"
          value={personName}
          maxLength={MAX_NAME_CHARS}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Textarea
          label="Link"
          placeholder="https://… or wedsync://…"
          value={link}
          maxLength={MAX_LINK_CHARS}
          autosize
          minRows={2}
          data-autofocus
          onChange={({ currentTarget }) => setLink(currentTarget.value)}
        />
        {problem !== undefined && (
          <Alert color="red" title="You are not in">
            {problem}
          </Alert>
        )}
        <Group justify="end">
          <Button type="submit" loading={busy} disabled={!isComplete}>
            Join
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
