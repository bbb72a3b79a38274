import { Button, Group, Text } from '@mantine/core'
import { useCallback, useMemo, useState } from 'react'
import { useDecide } from '../conflicts/DecideProvider.tsx'
import { useReplica, useRights, useTable } from '../data/ReplicaContext.tsx'
import { Opening } from '../start/Opening.tsx'
import { clockTime, minutesWords } from '../time/local.ts'
import { Icon } from '../ui/icons.tsx'
import { useNow } from '../ui/useNow.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { GroupDialog } from './GroupDialog.tsx'
import { groupOf, type PhotoGroup, type ShotsLeft, shotSections, shotsLeft } from './group.ts'
import { ShotList } from './ShotList.tsx'

const TABLE = 'photo_groups'
const MINUTE_MS = 60_000

/** The family formals of one wedding, live. */
export function ShotListScreen({ wedding }: { readonly wedding: Wedding }) {
  const { edits } = useReplica()
  const rows = useTable(wedding.id, TABLE)
  const { mayCreate, mayWrite } = useRights()
  const nowMs = useNow()
  const decide = useDecide()
  const { save } = useSave()
  const [adding, setAdding] = useState(false)

  const groups = useMemo(() => rows?.map(groupOf), [rows])
  const sections = useMemo(() => shotSections(groups ?? []), [groups])
  const tick = useCallback(
    (group: PhotoGroup, done: boolean) =>
      save(`the tick at “${group.name}”`, () => edits.edit(group.row.record, { done })),
    [edits, save],
  )
  const decideGroup = useCallback((group: PhotoGroup) => decide(group.id), [decide])

  if (!groups) return <Opening what="Reading the shot list…" />
  const left = shotsLeft(groups)
  return (
    <>
      <Group justify="space-between" mb="sm" wrap="nowrap" align="center">
        <Text size="lg" fw={600}>
          {leftWords(left)}
          {left.groups > 0 && (
            <Text span c="dimmed" fw={400} size="md">
              {' '}
              · finished at {clockTime(nowMs + left.minutes * MINUTE_MS, wedding.zone)} if you start now
            </Text>
          )}
        </Text>
        {mayCreate(wedding.id, TABLE) && (
          <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)} style={{ flex: 'none' }}>
            Add group
          </Button>
        )}
      </Group>
      <ShotList
        sections={sections}
        mayTick={({ row }) => mayWrite(row.record, ['done'])}
        onTick={tick}
        onDecide={decideGroup}
      />
      {adding && <GroupDialog wedding={wedding} groups={groups} onClose={() => setAdding(false)} />}
    </>
  )
}

function leftWords({ groups, minutes, total }: ShotsLeft): string {
  if (total === 0) return 'No groups yet.'
  if (groups === 0) return 'All groups are taken.'
  return `${groups} of ${total} groups left, about ${minutesWords(minutes)}`
}
