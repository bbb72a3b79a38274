import { Badge, Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Severity } from '../../../model/merge/conflicts.ts'
import { SEVERITY_WORDS } from './words.ts'

interface CardFrameProps {
  readonly title: string
  /** The name of the card for who cannot see it. */
  readonly label: string
  readonly detail: string
  /** What happened. */
  readonly sentence: string
  readonly severity: Severity
  readonly mayDecide: boolean
  readonly children: ReactNode
}

const COLOURS = { critical: 'red', high: 'orange', medium: 'yellow', low: 'gray' } as const

/** What every card of the dialog has around its choices. */
export function CardFrame({ title, label, detail, sentence, severity, mayDecide, children }: CardFrameProps) {
  return (
    <Paper component="article" withBorder p="md" aria-label={label}>
      <Stack gap="md">
        <Group justify="space-between" align="start" wrap="nowrap">
          <div>
            <Title order={3} size="h4">
              {title}
            </Title>
            <Text size="sm" c="dimmed">
              {detail}
            </Text>
          </div>
          <Badge color={COLOURS[severity]} variant="light" size="lg" tt="none" style={{ flex: 'none' }}>
            {SEVERITY_WORDS[severity]}
          </Badge>
        </Group>
        <Text>{sentence}</Text>
        {children}
        {!mayDecide && <Text size="sm">Your role can see this but not decide it. Ask the planner.</Text>}
      </Stack>
    </Paper>
  )
}
