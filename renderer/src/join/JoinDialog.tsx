import './join.css'
import { Alert, Button, Modal, Select, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { Invitation, Replica } from '../replica/replica.ts'
import { Opening } from '../start/Opening.tsx'
import { InvitationCard } from './InvitationCard.tsx'

type Invite = NonNullable<Replica['inviteDevice']>

interface JoinDialogProps {
  readonly invite: Invite
  readonly onClose: () => void
}

const ROLES = [
  { value: 'planner', label: 'Planner: may change everything but money' },
  { value: 'photographer', label: 'Photographer: shot list, ticks on the timeline' },
  { value: 'vendor', label: 'Vendor: reads the day, changes nothing' },
  { value: 'viewer', label: 'Viewer: reads only' },
  { value: 'couple', label: 'Couple: may change everything but internal notes' },
]

type Answer =
  | { readonly kind: 'asking' }
  | { readonly kind: 'invited'; readonly invitation: Invitation }
  | { readonly kind: 'failed'; readonly reason: string }

/** Invites one more device. The link is made as soon as the role is known, and anew for another role. */
export function JoinDialog({ invite, onClose }: JoinDialogProps) {
  const [role, setRole] = useState('planner')
  const [attempt, setAttempt] = useState(0)
  const answer = useInvitation(invite, role, attempt)
  return (
    <Modal opened onClose={onClose} title="Let a device join" size="lg">
      <Stack gap="md">
        <Select
          label="What may the person on it do?"
          data={ROLES}
          value={role}
          allowDeselect={false}
          onChange={(next) => next !== null && setRole(next)}
        />
        {answer.kind === 'asking' && <Opening what="Opening the door for one more device…" />}
        {answer.kind === 'failed' && (
          <Alert color="red" title="No invitation could be made">
            <Stack gap="sm" align="start">
              <Text size="sm">
                Check that this computer is on the venue's Wi-Fi or has its hotspot switched on, then try again. (
                {answer.reason})
              </Text>
              <Button variant="default" onClick={() => setAttempt(attempt + 1)}>
                Try again
              </Button>
            </Stack>
          </Alert>
        )}
        {answer.kind === 'invited' && (
          <InvitationCard invitation={answer.invitation} onRenew={() => setAttempt(attempt + 1)} />
        )}
      </Stack>
    </Modal>
  )
}

function useInvitation(invite: Invite, role: string, attempt: number): Answer {
  const [answered, setAnswered] = useState<{ readonly to: string; readonly answer: Answer }>()
  const question = `${role} ${attempt}`
  useEffect(() => {
    let isWanted = true
    const answer = (given: Answer) => {
      if (isWanted) setAnswered({ to: question, answer: given })
    }
    invite({ role: question.split(' ')[0] ?? '' }).then(
      (invitation) => answer({ kind: 'invited', invitation }),
      (cause: unknown) => answer({ kind: 'failed', reason: cause instanceof Error ? cause.message : String(cause) }),
    )
    return () => {
      isWanted = false
    }
  }, [invite, question])
  return answered?.to === question ? answered.answer : { kind: 'asking' }
}
