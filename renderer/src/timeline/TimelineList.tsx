import './timeline.css'
import { unreachable } from '../../../model/result.ts'
import { clockTime, dayWords } from '../time/local.ts'
import type { TimelineItem } from './item.ts'
import type { Line } from './lines.ts'
import { TimelineRow } from './TimelineRow.tsx'

interface TimelineListProps {
  readonly lines: readonly Line[]
  /** By the id of the item. */
  readonly warnings: ReadonlyMap<string, string>
  /** By the id of the item: who has its form open elsewhere. */
  readonly editors: ReadonlyMap<string, string>
  readonly nowMs: number
  readonly zone: string
  readonly mayTick: (item: TimelineItem) => boolean
  readonly mayEdit: (item: TimelineItem) => boolean
  readonly mayDelete: (item: TimelineItem) => boolean
  readonly onTick: (item: TimelineItem, done: boolean) => Promise<void>
  readonly onPush: (item: TimelineItem) => void
  readonly onEdit: (item: TimelineItem) => void
  readonly onDelete: (item: TimelineItem) => void
  readonly onDecide: (item: TimelineItem) => void
}

const NOW_ID = 'now'

/** Brings the line for now to the middle of the screen. */
export function showNow(): void {
  document.getElementById(NOW_ID)?.scrollIntoView({ block: 'center' })
}

/** The day from top to bottom. */
export function TimelineList({ lines, warnings, editors, nowMs, zone, ...props }: TimelineListProps) {
  const { mayTick, mayEdit, mayDelete, ...row } = props
  return (
    <ol className="timeline">
      {lines.map((line) => {
        switch (line.kind) {
          case 'date':
            return (
              <li key={line.key} className="line-date">
                <h2>{dayWords(line.date)}</h2>
              </li>
            )
          case 'section':
            return (
              <li key={line.key} className="line-section">
                <h3>{line.title}</h3>
              </li>
            )
          case 'untimed':
            return (
              <li key={line.key} className="line-date">
                <h2>No time yet</h2>
              </li>
            )
          case 'now':
            return (
              <li
                key={line.key}
                className="line-now"
                id={NOW_ID}
                data-testid="now-line"
                aria-label={`Now, ${clockTime(nowMs, zone)}`}
              >
                <span>Now {clockTime(nowMs, zone)}</span>
              </li>
            )
          case 'item':
            return (
              <TimelineRow
                key={line.key}
                item={line.item}
                pace={line.pace}
                warning={warnings.get(line.item.id) ?? ''}
                editors={editors.get(line.item.id) ?? ''}
                mayTick={mayTick(line.item)}
                mayEdit={mayEdit(line.item)}
                mayDelete={mayDelete(line.item)}
                {...row}
              />
            )
          default:
            return unreachable(line)
        }
      })}
    </ol>
  )
}
