import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useCallback, useRef, useState } from 'react'
import { DELETED } from '../../../model/merge/registers.ts'
import { useReplica, useRights } from '../data/ReplicaContext.tsx'
import { useLive } from '../data/useLive.ts'
import { useRecords } from '../data/useRecords.ts'
import { useAction } from '../ui/useAction.ts'
import { useNow } from '../ui/useNow.ts'
import { usePolled } from '../ui/usePolled.ts'
import { type PastDecision, pastDecisions } from './pastDecisions.ts'
import type { Place } from './words.ts'

const EVERY_MS = 5_000
const PAGE = 20

interface PastDecisionsProps {
  readonly placeOf: (scope: string) => Place
}

/**
 * What was decided, the newest first. The server that gave this page keeps the history: on an install its own, on a tablet
 * the hub, so a tablet out of reach of its hub says where the decisions are instead of showing half of each.
 */
export function PastDecisions({ placeOf }: PastDecisionsProps) {
  const { replica, live } = useReplica()
  const { api, kind } = replica
  const ask = useCallback(() => api.conflicts({ query: { status: 'resolved' } }), [api])
  const { value, failure, again } = usePolled(ask, EVERY_MS)
  const devices = useLive(live.devices)
  const { mayWrite } = useRights()
  const nowMs = useNow()
  const { busy, failure: refusal, run } = useAction()
  const [shown, setShown] = useState(PAGE)
  const top = useRef<HTMLParagraphElement>(null)
  const keeper = kind === 'tablet' ? 'the hub' : 'WedSync on this laptop'
  const all = value && devices ? pastDecisions(value.conflicts, { placeOf, devices, nowMs }) : undefined
  const held = useRecords(all?.flatMap(({ recordIds }) => recordIds) ?? [])
  if (!all) {
    return (
      <Text>
        {failure
          ? `Past decisions are kept by ${keeper}, which does not answer. They can be read and undone here as soon as it is back.`
          : 'Reading past decisions…'}
      </Text>
    )
  }

  function mayUndo({ recordIds, fields }: PastDecision): boolean {
    const written = fields.filter((field) => field !== DELETED)
    return recordIds.every((id) => {
      const record = held.get(id)
      return record !== undefined && mayWrite(record, written)
    })
  }

  async function undo({ conflictId }: PastDecision) {
    await run(
      () => api.undoDecision({ params: { conflictId } }),
      () => {
        // The button goes with its decision, and what has the keyboard must not be lost with it.
        top.current?.focus()
        again()
      },
    )
  }

  return (
    <Stack gap="md">
      <Text ref={top} tabIndex={-1} c="dimmed">
        {all.length === 0
          ? 'Nothing has been decided yet.'
          : 'Undo brings both values back, on every device, to be decided anew.'}
      </Text>
      {failure && <Text>This is what {keeper} said last; it does not answer now. Undo needs it back.</Text>}
      {refusal !== undefined && (
        <Alert color="red" title="It was not undone">
          {refusal}
        </Alert>
      )}
      {all.slice(0, shown).map((decision) => (
        <DecisionItem
          key={decision.conflictId}
          decision={decision}
          mayUndo={mayUndo(decision)}
          busy={busy || failure !== undefined}
          onUndo={() => undo(decision)}
        />
      ))}
      {all.length > shown && (
        <Button variant="default" onClick={() => setShown(shown + PAGE)}>
          Show older ones ({all.length - shown})
        </Button>
      )}
    </Stack>
  )
}

interface DecisionItemProps {
  readonly decision: PastDecision
  readonly mayUndo: boolean
  readonly busy: boolean
  readonly onUndo: () => Promise<void>
}

function DecisionItem({ decision, mayUndo, busy, onUndo }: DecisionItemProps) {
  const { sentence, decidedBy, comment, choices } = decision
  return (
    <Paper component="article" withBorder p="md" aria-label={sentence}>
      <Group justify="space-between" align="start" wrap="nowrap">
        <Stack gap="xs">
          <Text fw={650}>{sentence}</Text>
          <Text size="sm" c="dimmed">
            {decidedBy}
          </Text>
          {choices.map(({ key, field, decided, between }) => (
            <div key={key}>
              <Text>
                {field}: <strong>{decided}</strong>
                {between.length > 0 && <span className="faint">, out of</span>}
              </Text>
              <ul className="outcomes">
                {between.map((each) => (
                  <li key={each.key}>
                    {each.value} <span className="faint">by {each.writer}</span>
                  </li>
                ))}
              </ul>
            </div>
          ))}
          {comment !== undefined && <Text fs="italic">“{comment}”</Text>}
        </Stack>
        {mayUndo && (
          <Button
            variant="default"
            disabled={busy}
            onClick={onUndo}
            aria-label={`Undo: ${sentence}`}
            style={{ flex: 'none' }}
          >
            Undo
          </Button>
        )}
      </Group>
    </Paper>
  )
}
