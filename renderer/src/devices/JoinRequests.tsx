import './devices.css'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import type { JoinDecision, JoinEntry } from '../../../model/rest/hub.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useAction } from '../ui/useAction.ts'
import { ROLE_NAMES, weddingsWords } from './roleWords.ts'

interface JoinRequestsProps {
  readonly joins: readonly JoinEntry[]
  readonly onDecided: () => void
}

/** Those who wait to be let in, one card each. */
export function JoinRequests({ joins, onDecided }: JoinRequestsProps) {
  return joins.flatMap((join) =>
    join.asking ? [<Request key={join.joinId} join={join} asking={join.asking} onDecided={onDecided} />] : [],
  )
}

interface RequestProps {
  readonly join: JoinEntry
  readonly asking: NonNullable<JoinEntry['asking']>
  readonly onDecided: () => void
}

function Request({ join, asking, onDecided }: RequestProps) {
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  const { joinId, role, weddings } = join
  const { personName, deviceName, code } = asking
  const decide = (body: JoinDecision) => run(() => api.decideJoin({ params: { joinId }, body }), onDecided)
  return (
    <Alert color="pine" title={`${personName} asks to join`} role="alert" mt="md">
      <Stack gap="sm">
        <Text>
          On “{deviceName}”, as {ROLE_NAMES[role].toLowerCase()} for {weddingsWords(weddings)}. Let {personName} read
          out the code on the screen there. If it is not exactly this one, somebody else has your link: decline.
        </Text>
        <p className="join-code">{code}</p>
        {failure !== undefined && <Text c="red">{failure}</Text>}
        <Group>
          <Button loading={busy} onClick={() => decide({ decision: 'admit', code })}>
            Same code: let in
          </Button>
          <Button variant="default" disabled={busy} onClick={() => decide({ decision: 'decline' })}>
            Decline
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
