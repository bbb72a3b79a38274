import { Button, Modal, Stack, Text } from '@mantine/core'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { DELETED } from '../../../model/merge/registers.ts'
import { useConflicts, useMayWrite, useReplica } from '../data/ReplicaContext.tsx'
import { deviceZone, localDate } from '../time/local.ts'
import { offerUndo } from '../timeline/offerUndo.tsx'
import { useNow } from '../ui/useNow.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { ConflictCard } from './ConflictCard.tsx'
import { OperationCard } from './OperationCard.tsx'
import { recordName } from './words.ts'

interface ConflictDialogProps {
  readonly weddings: readonly Wedding[]
  /** The record whose conflicts come first. */
  readonly first: string | undefined
  readonly onClose: () => void
}

/** Everything that only a person can decide, the most urgent first. */
export function ConflictDialog({ weddings, first, onClose }: ConflictDialogProps) {
  const { replica, edits } = useReplica()
  const conflicts = useConflicts() ?? []
  const mayWrite = useMayWrite()
  const nowMs = useNow()
  const { busy, save } = useSave()
  const isFirst = ({ parts }: QueueEntry) => parts.some(({ record }) => record.id === first)
  const ordered = [...conflicts.filter(isFirst), ...conflicts.filter((entry) => !isFirst(entry))]
  return (
    <Modal opened onClose={onClose} title="Decide together" size="xl">
      <Stack gap="lg">
        {ordered.length === 0 ? (
          <>
            <Text size="lg">Nothing is left to decide.</Text>
            <Button onClick={onClose} style={{ alignSelf: 'start' }}>
              Done
            </Button>
          </>
        ) : (
          <Text c="dimmed">
            Two people changed the same thing without knowing of each other. Both values are kept until one of you
            decides; the decision reaches everybody.
          </Text>
        )}
        {ordered.map((entry) => {
          const { parts, scope } = entry
          const wedding = weddings.find(({ id }) => id === scope)
          const Card = entry.operation ? OperationCard : ConflictCard
          return (
            <Card
              // A decision counts for the values that were on screen: with other values it is another card.
              key={`${entry.conflictId} ${parts.flatMap(({ values }) => values.map(({ edit }) => edit.tag)).join(' ')}`}
              entry={entry}
              weddingName={weddings.length > 1 ? wedding?.name : undefined}
              place={{ zone: wedding?.zone ?? deviceZone(), date: wedding?.date ?? localDate(nowMs, deviceZone()) }}
              deviceId={replica.deviceId}
              nowMs={nowMs}
              mayDecide={parts.every(({ conflict, field }) =>
                mayWrite(scope, conflict.table, field === DELETED ? [] : [field]),
              )}
              busy={busy}
              onDecision={async (decision) => {
                const what = `the decision on “${recordName(parts[0])}”`
                await save(what, async () => {
                  const undo = await edits.decide(entry, decision)
                  offerUndo({
                    title: `“${recordName(parts[0])}” is decided`,
                    undo: async () => {
                      await save(`taking back ${what}`, undo)
                    },
                  })
                })
              }}
            />
          )
        })}
      </Stack>
    </Modal>
  )
}
