import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import type { CardProps } from './ConflictCard.tsx'
import { SimilarPreview } from './SimilarPreview.tsx'

interface MoreWaysProps extends Pick<CardProps, 'entry' | 'alike' | 'place' | 'busy' | 'onDecision'> {
  readonly children?: ReactNode
}

/** What can be done with a conflict besides keeping one of its sides. */
export function MoreWays({ entry, alike, place, busy, onDecision, children }: MoreWaysProps) {
  return (
    <Group gap="sm" align="start">
      {children}
      <Button variant="subtle" disabled={busy} onClick={() => onDecision({ strategy: 'skip' })}>
        It does not matter: leave what is shown
      </Button>
      {alike.length > 0 && (
        <SimilarPreview entry={entry} alike={alike} place={place} busy={busy} onDecision={onDecision} />
      )}
    </Group>
  )
}
