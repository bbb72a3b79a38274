import { Badge, Button, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { OpenConflict } from '../data/live.ts'
import { NewValue } from './NewValue.tsx'
import type { Choice } from './settle.ts'
import { fieldWords, type Place, recordName, SEVERITY_WORDS, tableWords, type Writer } from './words.ts'

interface ConflictCardProps {
  readonly open: OpenConflict
  /** Only where there are several weddings. */
  readonly weddingName: string | undefined
  readonly place: Place
  /** The values in words and who wrote each, in the order of the conflict's values. */
  readonly values: readonly string[]
  readonly writers: readonly Writer[]
  readonly mayDecide: boolean
  readonly busy: boolean
  readonly onChoice: (choice: Choice) => Promise<void>
}

const COLOURS = { critical: 'red', high: 'orange', medium: 'yellow', low: 'gray' } as const

/** One thing to decide: the values side by side, who wrote them, and a button for each. */
export function ConflictCard({
  open,
  weddingName,
  place,
  values,
  writers,
  mayDecide,
  busy,
  onChoice,
}: ConflictCardProps) {
  const { conflict } = open
  const [field = ''] = conflict.fields
  const isDeletion = conflict.type === 'delete_conflict'
  return (
    <Paper component="article" withBorder p="md" aria-label={`${recordName(open)}, ${fieldWords(field)}`}>
      <Stack gap="md">
        <Group justify="space-between" align="start" wrap="nowrap">
          <div>
            <Title order={3} size="h4">
              {recordName(open)} · {fieldWords(field)}
            </Title>
            <Text size="sm" c="dimmed">
              {[weddingName, tableWords(conflict.table)].filter((part) => part !== undefined).join(' · ')}
            </Text>
          </div>
          <Badge color={COLOURS[conflict.severity]} variant="light" size="lg" tt="none" style={{ flex: 'none' }}>
            {SEVERITY_WORDS[conflict.severity]}
          </Badge>
        </Group>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          {conflict.values.map((value, position) => (
            <div key={value.edit.tag} className={position === 0 ? 'choice choice-visible' : 'choice'}>
              <Text size="sm" fw={650}>
                {writers[position]?.mine ? 'Mine' : 'Theirs'}
                {position === 0 && <span className="faint"> · shown now</span>}
              </Text>
              <Text className="choice-value">{isDeletion ? deletionWords(value.value) : values[position]}</Text>
              <Text size="sm" c="dimmed">
                {writers[position]?.words}
              </Text>
              {mayDecide && (
                <Button
                  mt="sm"
                  fullWidth
                  variant="light"
                  disabled={busy}
                  {...(isDeletion && value.value === true && { color: 'red' })}
                  onClick={() => onChoice(choiceOf(isDeletion, value))}
                >
                  {isDeletion ? (value.value ? 'Delete it' : 'Keep the item') : `Keep ${values[position]}`}
                </Button>
              )}
            </div>
          ))}
        </SimpleGrid>
        {!mayDecide && <Text size="sm">Your role can see this but not decide it. Ask the planner.</Text>}
        {mayDecide && !isDeletion && (
          <NewValue field={field} current={conflict.values[0]?.value} place={place} busy={busy} onChoice={onChoice} />
        )}
      </Stack>
    </Paper>
  )
}

function deletionWords(deleted: unknown): string {
  return deleted ? 'Deleted it' : 'Changed it'
}

function choiceOf(isDeletion: boolean, value: OpenConflict['conflict']['values'][number]): Choice {
  if (!isDeletion) return { kind: 'keep', value }
  return value.value ? { kind: 'delete-record' } : { kind: 'keep-record' }
}
