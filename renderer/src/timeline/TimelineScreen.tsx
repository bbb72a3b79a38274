import { Button, Group, Text } from '@mantine/core'
import { useCallback, useMemo, useState } from 'react'
import { useDecide } from '../conflicts/DecideProvider.tsx'
import { useReplica, useRights, useTable } from '../data/ReplicaContext.tsx'
import { useEditors } from '../presence/useOthers.ts'
import { Opening } from '../start/Opening.tsx'
import { ConfirmDelete } from '../ui/ConfirmDelete.tsx'
import { Icon } from '../ui/icons.tsx'
import { useNow } from '../ui/useNow.ts'
import { useSave } from '../ui/useSave.tsx'
import type { Wedding } from '../weddings/wedding.ts'
import { ItemDialog } from './ItemDialog.tsx'
import { itemOf, type TimelineItem } from './item.ts'
import { timelineLines } from './lines.ts'
import { offerUndo } from './offerUndo.tsx'
import { overlapWarnings } from './overlapWords.ts'
import { PushDialog } from './PushDialog.tsx'
import { showNow, TimelineList } from './TimelineList.tsx'
import { tickChange } from './tick.ts'

const TABLE = 'timeline_items'

type Asked = { readonly kind: 'add' } | { readonly kind: 'edit' | 'push' | 'delete'; readonly item: TimelineItem }

/** The day of one wedding, live. */
export function TimelineScreen({ wedding }: { readonly wedding: Wedding }) {
  const { edits } = useReplica()
  const rows = useTable(wedding.id, TABLE)
  const { mayCreate, mayWrite } = useRights()
  const nowMs = useNow()
  const decide = useDecide()
  const { busy, save } = useSave()
  const editors = useEditors(wedding.id)
  const [asked, setAsked] = useState<Asked>()

  const items = useMemo(() => rows?.map((row) => itemOf(row, wedding.zone)), [rows, wedding.zone])
  const lines = useMemo(() => timelineLines(items ?? [], nowMs, wedding.date), [items, nowMs, wedding.date])
  const warnings = useMemo(() => overlapWarnings(items ?? [], wedding.zone), [items, wedding.zone])

  const tickOf = useCallback(
    ({ row }: TimelineItem, done: boolean) => tickChange(row.view.data, done, (fields) => mayWrite(row.record, fields)),
    [mayWrite],
  )
  const tick = useCallback(
    async (item: TimelineItem, done: boolean) => {
      const change = tickOf(item, done)
      if (change) await save(`the tick at “${item.title}”`, () => edits.edit(item.row.record, change))
    },
    [edits, save, tickOf],
  )
  const edit = useCallback((item: TimelineItem) => setAsked({ kind: 'edit', item }), [])
  const askPush = useCallback((item: TimelineItem) => setAsked({ kind: 'push', item }), [])
  const askDelete = useCallback((item: TimelineItem) => setAsked({ kind: 'delete', item }), [])
  const decideItem = useCallback((item: TimelineItem) => decide(item.id), [decide])

  async function remove(item: TimelineItem) {
    const undo = () => save(`bringing back “${item.title}”`, () => edits.keep(item.row.record))
    await save(
      `deleting “${item.title}”`,
      () => edits.remove(item.row.record),
      () => offerUndo({ title: `Deleted “${item.title}”`, undo }),
    )
    setAsked(undefined)
  }

  if (!items) return <Opening what="Reading the timeline…" />
  return (
    <>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Text c="dimmed">{items.length === 0 ? 'Nothing planned yet.' : doneWords(items)}</Text>
        <Group gap="sm" wrap="nowrap">
          {lines.some(({ kind }) => kind === 'now') && (
            <Button variant="subtle" onClick={showNow}>
              Go to now
            </Button>
          )}
          {mayCreate(wedding.id, TABLE) && (
            <Button leftSection={<Icon name="plus" />} onClick={() => setAsked({ kind: 'add' })}>
              Add item
            </Button>
          )}
        </Group>
      </Group>
      <TimelineList
        lines={lines}
        warnings={warnings}
        editors={editors}
        nowMs={nowMs}
        zone={wedding.zone}
        mayTick={(item) => tickOf(item, !item.done) !== undefined}
        mayEdit={({ row }) => mayWrite(row.record, ['title', 'startTime'])}
        mayDelete={({ row }) => mayWrite(row.record, [])}
        onTick={tick}
        onPush={askPush}
        onEdit={edit}
        onDelete={askDelete}
        onDecide={decideItem}
      />
      {asked?.kind === 'push' && (
        <PushDialog wedding={wedding} from={asked.item} items={items} onClose={() => setAsked(undefined)} />
      )}
      {(asked?.kind === 'add' || asked?.kind === 'edit') && (
        <ItemDialog
          wedding={wedding}
          item={asked.kind === 'edit' ? asked.item : undefined}
          latest={asked.kind === 'edit' ? items.find(({ id }) => id === asked.item.id) : undefined}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked?.kind === 'delete' && (
        <ConfirmDelete
          name={asked.item.title}
          busy={busy}
          onDelete={() => remove(asked.item)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  )
}

function doneWords(items: readonly TimelineItem[]): string {
  const planned = items.filter(({ cancelled }) => !cancelled)
  return `${planned.filter(({ done }) => done).length} of ${planned.length} done`
}
