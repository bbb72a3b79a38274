import { notifications } from '@mantine/notifications'
import { useCallback } from 'react'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { dayItem } from '../../../model/timeline/dayItem.ts'
import { planEdits, type TimesEdit, undoEdits } from '../../../model/timeline/planEdits.ts'
import type { PushPlan } from '../../../model/timeline/pushFrom.ts'
import type { Change } from '../data/edits.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { useSave } from '../ui/useSave.tsx'
import type { TimelineItem } from './item.ts'
import { offerUndo } from './offerUndo.tsx'
import { countWords, pushedWords } from './pushWords.ts'

/** A push is noticed by what it does to the day, not at once. */
const UNDO_MS = 30_000

interface Push {
  readonly busy: boolean
  readonly failure: string | undefined
  /** @param items those that the plan was made from */
  readonly push: (plan: PushPlan, items: readonly TimelineItem[], onSaved: () => void) => Promise<void>
}

/** Stores a push as one operation, and offers to take it back. */
export function usePush(): Push {
  const { edits, replica } = useReplica()
  const { busy, failure, save } = useSave()

  const undo = useCallback(
    (plan: PushPlan) =>
      save('undoing the push', async () => {
        const records = await replica.store.records(plan.moves.map(({ item }) => item.id))
        const views = [...records.values()].map(viewRecord).filter(({ deleted }) => !deleted)
        const { edits: back, changedMeanwhile } = undoEdits(plan, views.map(dayItem))
        await edits.editAll(changesOf(back, records), crypto.randomUUID())
        notifications.show({
          title: `Put ${countWords(back.length)} back`,
          message:
            changedMeanwhile.length === 0
              ? 'The times are as they were before the push.'
              : `Somebody changed these since, so they stay: ${changedMeanwhile.map(({ title }) => title).join(', ')}.`,
          ...(changedMeanwhile.length > 0 && { color: 'yellow', autoClose: false }),
        })
      }),
    [edits, replica, save],
  )

  const push = useCallback(
    (plan: PushPlan, items: readonly TimelineItem[], onSaved: () => void) => {
      const records = new Map(items.map(({ id, row }) => [id, row.record]))
      return save(
        'the push',
        () => edits.editAll(changesOf(planEdits(plan), records), crypto.randomUUID()),
        () => {
          onSaved()
          offerUndo({
            title: `Pushed ${countWords(plan.moves.length)}`,
            detail: pushedWords(plan),
            undo: () => undo(plan),
            forMs: UNDO_MS,
          })
        },
      )
    },
    [edits, save, undo],
  )
  return { busy, failure, push }
}

function changesOf(edits: readonly TimesEdit[], records: ReadonlyMap<string, CausalRecord>): readonly Change[] {
  return edits.flatMap(({ id, data }) => {
    const before = records.get(id)
    return before ? [{ before, data }] : []
  })
}
