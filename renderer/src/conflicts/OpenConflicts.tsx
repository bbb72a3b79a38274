import { Button, Stack, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import type { Decision } from '../../../model/conflicts/decide.ts'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { DELETED } from '../../../model/merge/registers.ts'
import { useReplica, useRights } from '../data/ReplicaContext.tsx'
import { offerUndo } from '../timeline/offerUndo.tsx'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { ConflictCard } from './ConflictCard.tsx'
import { OperationCard } from './OperationCard.tsx'
import { decidableAlike } from './similar.ts'
import { type Place, recordName } from './words.ts'

interface OpenConflictsProps {
  readonly conflicts: readonly QueueEntry[]
  readonly weddings: readonly Wedding[]
  /** The record whose conflicts come first. */
  readonly first: string | undefined
  readonly nowMs: number
  readonly placeOf: (scope: string) => Place
  readonly onClose: () => void
}

/** One card for each conflict, the most urgent first. */
export function OpenConflicts({ conflicts, weddings, first, nowMs, placeOf, onClose }: OpenConflictsProps) {
  const { replica, edits } = useReplica()
  const { mayWrite } = useRights()
  const { busy, save } = useSave()
  const top = useRef<HTMLParagraphElement>(null)
  const before = useRef(conflicts.length)
  useEffect(() => {
    // A card goes with its buttons: who works by keyboard goes on at the top, not at the page behind.
    if (conflicts.length < before.current && !isInDialog(document.activeElement)) top.current?.focus()
    before.current = conflicts.length
  }, [conflicts.length])
  const isFirst = ({ parts }: QueueEntry) => parts.some(({ record }) => record.id === first)
  const ordered = [...conflicts.filter(isFirst), ...conflicts.filter((entry) => !isFirst(entry))]

  function mayDecide({ parts }: QueueEntry): boolean {
    return parts.every(({ record, field }) => mayWrite(record, field === DELETED ? [] : [field]))
  }

  async function decide(entry: QueueEntry, decision: Decision, others: readonly QueueEntry[] = []): Promise<void> {
    const name = `“${recordName(entry.parts[0])}”`
    const subject = others.length === 0 ? name : `${name} and ${others.length} more`
    const what = `the decision on ${subject}`
    await save(what, async () => {
      const undo = await edits.decide(entry, decision, others)
      offerUndo({
        title: `Decided: ${subject}`,
        undo: () => save(`taking back ${what}`, undo),
      })
    })
  }

  return (
    <Stack gap="lg">
      <Text ref={top} tabIndex={-1} {...(ordered.length === 0 ? { size: 'lg' } : { c: 'dimmed' })}>
        {ordered.length === 0
          ? 'Nothing is left to decide.'
          : 'Two people changed the same thing without knowing of each other. Both values are kept until one of you decides; the decision reaches everybody.'}
      </Text>
      {ordered.length === 0 && (
        <Button onClick={onClose} style={{ alignSelf: 'start' }}>
          Done
        </Button>
      )}
      {ordered.map((entry) => {
        const { parts, scope } = entry
        const Card = entry.operation ? OperationCard : ConflictCard
        return (
          <Card
            // A decision counts for the values that were on screen: with other values it is another card.
            key={`${entry.conflictId} ${parts.flatMap(({ values }) => values.map(({ edit }) => edit.tag)).join(' ')}`}
            entry={entry}
            weddingName={weddings.length > 1 ? weddings.find(({ id }) => id === scope)?.name : undefined}
            place={placeOf(scope)}
            deviceId={replica.deviceId}
            nowMs={nowMs}
            mayDecide={mayDecide(entry)}
            busy={busy}
            alike={decidableAlike(entry, conflicts, mayDecide)}
            onDecision={(decision, others) => decide(entry, decision, others)}
          />
        )
      })}
    </Stack>
  )
}

function isInDialog(element: Element | null): boolean {
  return element?.closest('[role="dialog"]') !== null && element !== null
}
