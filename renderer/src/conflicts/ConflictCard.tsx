import { Button, SimpleGrid, Text } from '@mantine/core'
import { type Decision, keeping } from '../../../model/conflicts/decide.ts'
import type { EntryValue, QueueEntry } from '../../../model/conflicts/entry.ts'
import { CardFrame } from './CardFrame.tsx'
import { MoreWays } from './MoreWays.tsx'
import { NewValue } from './NewValue.tsx'
import { fieldWords, type Place, recordName, tableWords, valueWords, writerWords } from './words.ts'

export interface CardProps {
  readonly entry: QueueEntry
  /** Only where there are several weddings. */
  readonly weddingName: string | undefined
  readonly place: Place
  /** This device, whose values are "mine". */
  readonly deviceId: string
  readonly nowMs: number
  readonly mayDecide: boolean
  readonly busy: boolean
  /** Others that wait for the same kind of decision, and that this person may decide. */
  readonly alike: readonly QueueEntry[]
  /** @param others of those alike, decided the same way at once */
  readonly onDecision: (decision: Decision, others?: readonly QueueEntry[]) => Promise<void>
}

/** One field to decide: the values side by side, who wrote them, and a button for each. */
export function ConflictCard({
  entry,
  weddingName,
  place,
  deviceId,
  nowMs,
  mayDecide,
  busy,
  alike,
  onDecision,
}: CardProps) {
  const [part] = entry.parts
  const { conflict, field } = part
  const isDeletion = conflict.type === 'delete_conflict'
  const words = valueWords({ conflict }, place)
  return (
    <CardFrame
      title={`${recordName(part)} · ${fieldWords(field)}`}
      label={`${recordName(part)}, ${fieldWords(field)}`}
      detail={[weddingName, tableWords(conflict.table)].filter((each) => each !== undefined).join(' · ')}
      sentence={entry.sentence}
      severity={entry.severity}
      mayDecide={mayDecide}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {part.values.map((value, position) => (
          <div key={value.edit.tag} className={position === 0 ? 'choice choice-visible' : 'choice'}>
            <Text size="sm" fw={650}>
              {value.writer.deviceId === deviceId ? 'Mine' : 'Theirs'}
              {position === 0 && <span className="faint"> · shown now</span>}
            </Text>
            <Text className="choice-value">{isDeletion ? deletionWords(value) : words[position]}</Text>
            <Text size="sm" c="dimmed">
              {writerWords(value.writer, place, nowMs)}
            </Text>
            {mayDecide && (
              <Button
                mt="sm"
                fullWidth
                variant="light"
                disabled={busy}
                {...(isDeletion && value.value === true && { color: 'red' })}
                onClick={() => onDecision(keeping(part, value))}
              >
                {isDeletion ? (value.value ? 'Delete it' : 'Keep the item') : `Keep ${words[position]}`}
              </Button>
            )}
          </div>
        ))}
      </SimpleGrid>
      {mayDecide && (
        <MoreWays entry={entry} alike={alike} place={place} busy={busy} onDecision={onDecision}>
          {!isDeletion && (
            <NewValue field={field} current={part.values[0]?.value} place={place} busy={busy} onDecision={onDecision} />
          )}
        </MoreWays>
      )}
    </CardFrame>
  )
}

function deletionWords({ value }: EntryValue): string {
  return value ? 'Deleted it' : 'Changed it'
}
