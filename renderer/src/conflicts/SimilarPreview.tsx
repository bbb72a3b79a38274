import { Button, Group, Radio, Stack, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { CardProps } from './ConflictCard.tsx'
import { outcomesOf, type Way } from './similar.ts'

type SimilarPreviewProps = Pick<CardProps, 'entry' | 'alike' | 'place' | 'busy' | 'onDecision'>

const WAYS: readonly Way[] = ['use_server', 'use_client']

/** Decides one conflict and those like it at once, after showing what becomes of each. */
export function SimilarPreview({ entry, alike, place, busy, onDecision }: SimilarPreviewProps) {
  const [way, setWay] = useState<Way>()
  const opener = useRef<HTMLButtonElement>(null)
  const wasOpen = useRef(false)
  useEffect(() => {
    if (way === undefined && wasOpen.current) opener.current?.focus()
    wasOpen.current = way !== undefined
  }, [way])
  const count = alike.length + 1
  // Which value a side is differs from one to the other, so the choice names the one that this card is about.
  const wayWords = (each: Way) =>
    `Keep ${outcomesOf([entry], each, place)[0]?.kept ?? ''} here, and the same side of the others`
  if (way === undefined) {
    return (
      <Button ref={opener} variant="subtle" disabled={busy} onClick={() => setWay('use_server')}>
        Decide these {count} the same way
      </Button>
    )
  }
  return (
    <Stack gap="sm" className="choice" w="100%">
      <Radio.Group
        label={`Decide these ${count} the same way`}
        value={way}
        onChange={(chosen) => setWay(chosen === 'use_client' ? 'use_client' : 'use_server')}
      >
        <Stack gap="xs" mt="xs">
          {WAYS.map((each) => (
            <Radio key={each} value={each} label={wayWords(each)} autoFocus={each === way} />
          ))}
        </Stack>
      </Radio.Group>
      <ul className="outcomes" aria-label="What becomes of them">
        {outcomesOf([entry, ...alike], way, place).map(({ key, what, kept, keptBy, dropped }) => (
          <li key={key}>
            <Text fw={650}>{what}</Text>
            <Text>
              {kept} <span className="faint">by {keptBy}, instead of</span> {dropped}
            </Text>
          </li>
        ))}
      </ul>
      <Group>
        <Button disabled={busy} onClick={() => onDecision({ strategy: way }, alike)}>
          Decide all {count}
        </Button>
        <Button variant="default" onClick={() => setWay(undefined)}>
          Not now
        </Button>
      </Group>
    </Stack>
  )
}
