import { Modal, Tabs } from '@mantine/core'
import { useCallback, useState } from 'react'
import type { QueueEntry } from '../../../model/conflicts/entry.ts'
import { useConflicts } from '../data/ReplicaContext.tsx'
import { deviceZone, localDate } from '../time/local.ts'
import { useNow } from '../ui/useNow.ts'
import type { Wedding } from '../weddings/wedding.ts'
import { OpenConflicts } from './OpenConflicts.tsx'
import { PastDecisions } from './PastDecisions.tsx'
import type { Place } from './words.ts'

interface ConflictDialogProps {
  readonly weddings: readonly Wedding[]
  /** The record whose conflicts come first. */
  readonly first: string | undefined
  readonly onClose: () => void
}

type Tab = 'open' | 'past'

/** Everything that only a person can decide, and what was decided. */
export function ConflictDialog(props: ConflictDialogProps) {
  const conflicts = useConflicts()
  return (
    <Modal opened onClose={props.onClose} title="Decide together" size="xl">
      {conflicts && <Decisions {...props} conflicts={conflicts} />}
    </Modal>
  )
}

interface DecisionsProps extends ConflictDialogProps {
  readonly conflicts: readonly QueueEntry[]
}

function Decisions({ conflicts, weddings, first, onClose }: DecisionsProps) {
  const nowMs = useNow()
  // Where it opens depends on what waits now; it does not turn over under the hands of whoever decides the last one.
  const [tab, setTab] = useState<Tab>(conflicts.length > 0 ? 'open' : 'past')
  const today = localDate(nowMs, deviceZone())
  const placeOf = useCallback(
    (scope: string): Place => {
      const wedding = weddings.find(({ id }) => id === scope)
      return { zone: wedding?.zone ?? deviceZone(), date: wedding?.date ?? today }
    },
    [weddings, today],
  )
  return (
    <Tabs value={tab} onChange={(next) => setTab(next === 'past' ? 'past' : 'open')} keepMounted={false}>
      <Tabs.List mb="md">
        <Tabs.Tab value="open">To decide ({conflicts.length})</Tabs.Tab>
        <Tabs.Tab value="past">Past decisions</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="open">
        <OpenConflicts
          conflicts={conflicts}
          weddings={weddings}
          first={first}
          nowMs={nowMs}
          placeOf={placeOf}
          onClose={onClose}
        />
      </Tabs.Panel>
      <Tabs.Panel value="past">
        <PastDecisions placeOf={placeOf} />
      </Tabs.Panel>
    </Tabs>
  )
}
