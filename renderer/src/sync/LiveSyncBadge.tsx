import './sync.css'
import { useMemo } from 'react'
import { useDecide } from '../conflicts/DecideProvider.tsx'
import { useConflicts, useStatus } from '../data/ReplicaContext.tsx'
import { badgeState } from './badge.ts'
import { SyncBadge } from './SyncBadge.tsx'
import { SyncPanel } from './SyncPanel.tsx'

/** The badge over this replica; nothing until its state is known, since it never guesses. */
export function LiveSyncBadge() {
  const status = useStatus()
  const conflicts = useConflicts()
  const decide = useDecide()
  const count = conflicts?.length ?? 0
  const badge = useMemo(() => status && badgeState(status, count), [status, count])
  if (!status || !badge || !conflicts) return null
  return (
    <SyncBadge badge={badge}>
      {(close) => (
        <SyncPanel
          status={status}
          conflicts={count}
          onDecide={() => {
            close()
            decide()
          }}
        />
      )}
    </SyncBadge>
  )
}
