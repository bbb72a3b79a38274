import { Button, Group, SimpleGrid, Text } from '@mantine/core'
import type { EntryValue, Part } from '../../../model/conflicts/entry.ts'
import { CardFrame } from './CardFrame.tsx'
import type { CardProps } from './ConflictCard.tsx'
import { MoreWays } from './MoreWays.tsx'
import { fieldWords, recordName, sideWords, tableWords, valueWords, writerWords } from './words.ts'

/** Everything that one action is in conflict with, decided as a whole: all of its values or all of the others'. */
export function OperationCard({
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
  const { parts } = entry
  const told = (part: Part, value: EntryValue) =>
    valueWords({ conflict: part.conflict }, place)[part.values.indexOf(value)] ?? ''
  const sides = (['server', 'client'] as const).map((side) => {
    const values = parts.flatMap((part) => part[side] ?? [])
    return { side, values, words: sideWords(values, deviceId) }
  })
  return (
    <CardFrame
      title={recordNames(parts)}
      label={recordNames(parts)}
      detail={[weddingName, tableWords(entry.table), 'one action, decided as a whole']
        .filter((each) => each !== undefined)
        .join(' · ')}
      sentence={entry.sentence}
      severity={entry.severity}
      mayDecide={mayDecide}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {sides.map(({ side, values, words }) => (
          <div key={side} className={side === 'server' ? 'choice choice-visible' : 'choice'}>
            <Text size="sm" fw={650}>
              {words}
            </Text>
            {parts.map((part) => {
              const value = part[side]
              if (!value) return null
              return (
                <Group key={part.conflict.conflictId} justify="space-between" gap="xs">
                  <Text size="sm">
                    {recordName(part)} · {fieldWords(part.field)}
                  </Text>
                  <Text size="sm" fw={650}>
                    {told(part, value)}
                  </Text>
                </Group>
              )
            })}
            {values[0] && (
              <Text size="sm" c="dimmed">
                {writerWords(values[0].writer, place, nowMs)}
              </Text>
            )}
            {mayDecide && (
              <Button
                mt="sm"
                fullWidth
                variant="light"
                disabled={busy}
                onClick={() => onDecision({ strategy: side === 'server' ? 'use_server' : 'use_client' })}
              >
                Keep {words === 'Mine' ? 'mine' : words} for all
              </Button>
            )}
          </div>
        ))}
      </SimpleGrid>
      {mayDecide && <MoreWays entry={entry} alike={alike} place={place} busy={busy} onDecision={onDecision} />}
    </CardFrame>
  )
}

function recordNames(parts: readonly Part[]): string {
  return [...new Set(parts.map(recordName))].join(', ')
}
