import { Button, Text, Title } from '@mantine/core'
import type { JoinEntry } from '../../../model/rest/hub.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { deviceZone, instantMs, localDate, timeWords } from '../time/local.ts'
import { useAction } from '../ui/useAction.ts'
import { useNow } from '../ui/useNow.ts'
import { ROLE_NAMES, weddingsWords } from './roleWords.ts'

interface OpenInvitationsProps {
  readonly joins: readonly JoinEntry[]
  readonly onChange: () => void
}

/** Links that are out there and have let nobody in yet; one that went to the wrong person is taken back. */
export function OpenInvitations({ joins, onChange }: OpenInvitationsProps) {
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  const nowMs = useNow()
  if (joins.length === 0) return null
  const withdraw = (joinId: string) =>
    run(() => api.decideJoin({ params: { joinId }, body: { decision: 'decline' } }), onChange)
  return (
    <section className="panel" aria-label="Open invitations">
      <Title order={2} size="h4">
        Open invitations
      </Title>
      {failure !== undefined && <Text c="red">Not withdrawn: {failure}. Try again.</Text>}
      <ul className="device-list">
        {joins.map(({ joinId, role, weddings, approval, expiresAt }) => (
          <li key={joinId}>
            <div>
              <Text fw={600}>
                {ROLE_NAMES[role]}, {weddingsWords(weddings)}
              </Text>
              <Text size="sm" c="dimmed">
                Until {untilWords(expiresAt, nowMs)}.{' '}
                {approval === 'ask' ? 'You are asked first.' : 'It lets in at once.'}
              </Text>
            </div>
            <Button variant="default" disabled={busy} onClick={() => withdraw(joinId)}>
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function untilWords(expiresAt: string, nowMs: number): string {
  const ms = instantMs(expiresAt)
  return ms === undefined ? expiresAt : timeWords(ms, deviceZone(), localDate(nowMs, deviceZone()))
}
