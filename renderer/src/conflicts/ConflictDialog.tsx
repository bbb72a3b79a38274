import { Button, Modal, Stack, Text } from '@mantine/core'
import { useActors, useConflicts, useMayWrite, useReplica } from '../data/ReplicaContext.tsx'
import { deviceZone, localDate } from '../time/local.ts'
import { useNow } from '../ui/useNow.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { ConflictCard } from './ConflictCard.tsx'
import { settle } from './settle.ts'
import { recordName, valueWords, writerOf } from './words.ts'

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
  const actors = useActors()
  const mayWrite = useMayWrite()
  const nowMs = useNow()
  const { busy, save } = useSave()
  const onTop = conflicts.filter(({ row }) => row.id === first)
  const ordered = [...onTop, ...conflicts.filter(({ row }) => row.id !== first)]
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
        {ordered.map((open) => {
          const { conflict } = open
          const wedding = weddings.find(({ id }) => id === conflict.scope)
          const place = { zone: wedding?.zone ?? deviceZone(), date: wedding?.date ?? localDate(nowMs, deviceZone()) }
          const fields = conflict.type === 'delete_conflict' ? [] : conflict.fields
          return (
            <ConflictCard
              // A decision counts for the values that were on screen: with other values it is another card.
              key={`${conflict.conflictId} ${conflict.values.map(({ edit }) => edit.tag).join(' ')}`}
              open={open}
              weddingName={weddings.length > 1 ? wedding?.name : undefined}
              place={place}
              values={valueWords(open, place)}
              writers={conflict.values.map((value) => writerOf(value, actors, replica.deviceId, place, nowMs))}
              mayDecide={mayWrite(conflict.scope, conflict.table, fields)}
              busy={busy}
              onChoice={(choice) => save(`the decision on “${recordName(open)}”`, () => settle(open, choice, edits))}
            />
          )
        })}
      </Stack>
    </Modal>
  )
}
