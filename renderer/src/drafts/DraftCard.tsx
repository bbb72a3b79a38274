import { Button, Group, Paper, Text } from '@mantine/core'
import { useState } from 'react'
import type { OwnDraft } from '../../../model/rest/window.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { deviceZone } from '../time/local.ts'
import { useAction } from '../ui/useAction.ts'
import { useCopy } from '../ui/useCopy.ts'
import type { Wedding } from '../weddings/wedding.ts'
import { draftText, draftWords } from './draft.ts'

interface DraftCardProps {
  readonly draft: OwnDraft
  /** Absent where it is not on this device any more. */
  readonly wedding: Wedding | undefined
  readonly onRemoved: () => void
}

/** One change that was taken back: what was typed, why it was not taken, and what can be done with it. */
export function DraftCard({ draft, wedding, onRemoved }: DraftCardProps) {
  const { drafts } = useReplica().replica
  const { busy, failure, run } = useAction()
  const [isSure, setSure] = useState(false)
  const { hint, copy } = useCopy({
    copied: 'Copied. Paste it into a message to somebody who may make the change.',
    refused: 'Copying is not allowed in this browser: select the text above, and copy that.',
  })
  const words = draftWords(draft, { zone: wedding?.zone ?? deviceZone(), date: wedding?.date ?? '' })
  const title = words?.title ?? 'A change of another version of WedSync'
  const text = words && draftText(words, wedding?.name)

  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Text fw={650}>{title}</Text>
      <Text size="sm" c="dimmed">
        {[wedding?.name, words?.table].filter((part) => part !== undefined).join(' · ')}
      </Text>
      {words?.lines.map((line) => (
        <Text key={line} mt={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {line}
        </Text>
      ))}
      <Text size="sm" c="dimmed" mt={4}>
        Why: {draft.reason}.
      </Text>
      {failure !== undefined && <Text c="red">It was not removed: {failure}. Try again.</Text>}
      {isSure ? (
        <Group mt="sm">
          <Text size="sm">It is then gone from this list.</Text>
          <Button color="red" loading={busy} onClick={() => run(() => drafts.remove(draft), onRemoved)}>
            Remove it
          </Button>
          <Button variant="default" onClick={() => setSure(false)} autoFocus>
            Keep it
          </Button>
        </Group>
      ) : (
        <Group mt="sm">
          <Button disabled={text === undefined} onClick={() => text !== undefined && copy(text)}>
            Copy
          </Button>
          <Button variant="default" aria-label={`Remove the change of ${title}`} onClick={() => setSure(true)}>
            Remove
          </Button>
        </Group>
      )}
      <Text size="sm" aria-live="polite" mt={4}>
        {hint}
      </Text>
    </Paper>
  )
}
