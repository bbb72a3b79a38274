import { memo } from 'react'
import { minutesWords } from '../time/local.ts'
import { Icon } from '../ui/icons.tsx'
import { Tick } from '../ui/Tick.tsx'
import type { TimelineItem } from './item.ts'
import type { Pace } from './lines.ts'
import { Mark } from './Mark.tsx'

interface TimelineRowProps {
  readonly item: TimelineItem
  readonly pace: Pace | undefined
  /** What it overlaps with, a line each; empty if nothing. */
  readonly warning: string
  /** Who has its form open elsewhere, as names; empty if nobody. */
  readonly editors: string
  readonly mayTick: boolean
  readonly mayEdit: boolean
  readonly mayDelete: boolean
  readonly onTick: (item: TimelineItem, done: boolean) => Promise<void>
  readonly onPush: (item: TimelineItem) => void
  readonly onEdit: (item: TimelineItem) => void
  readonly onDelete: (item: TimelineItem) => void
  readonly onDecide: (item: TimelineItem) => void
}

/** One item. Plain elements, drawn again only if the item itself changed: a day has hundreds. */
export const TimelineRow = memo(function TimelineRow(props: TimelineRowProps) {
  const { item, pace, warning, editors, mayTick, mayEdit, mayDelete } = props
  const state = item.cancelled ? 'cancelled' : item.done ? 'done' : pace ? 'current' : 'planned'
  return (
    <li className="item" data-state={state} aria-current={pace ? 'step' : undefined}>
      <span className="item-time">
        <span className={isContested(item, 'startTime') ? 'contested' : undefined}>{item.start || '–'}</span>
        {item.end !== '' && (
          <span className={isContested(item, 'endTime') ? 'item-end contested' : 'item-end'}>
            <span className="sr-only">until </span>
            {item.end}
          </span>
        )}
      </span>
      <Tick
        label={`Done: ${item.title}`}
        checked={item.done}
        disabled={!mayTick || item.cancelled}
        onTick={(done) => props.onTick(item, done)}
      />
      <div className="item-main">
        <span className="item-title">
          {item.cancelled ? <s>{item.title}</s> : item.title}
          {item.cancelled && <span className="tag">Cancelled</span>}
          {item.fixed && (
            <span className="tag fact">
              <Icon name="lock" size={14} /> Fixed
            </span>
          )}
          {pace && <PaceTag pace={pace} />}
          {editors !== '' && <span className="tag tag-busy">{editors} editing</span>}
        </span>
        {(item.place !== '' || item.people.length > 0) && (
          <span className="item-facts">
            {item.place !== '' && (
              <span className={isContested(item, 'location') ? 'fact contested' : 'fact'}>
                <Icon name="pin" size={16} /> {item.place}
              </span>
            )}
            {item.people.length > 0 && (
              <span className="fact">
                <Icon name="people" size={16} /> {item.people.join(', ')}
              </span>
            )}
          </span>
        )}
        {item.description !== '' && <span className="item-notes">{item.description}</span>}
        {item.notes !== '' && <span className="item-notes">{item.notes}</span>}
        {warning !== '' && (
          <span className="item-warning">
            <Mark name="warning" size={16} /> <span>{warning}</span>
          </span>
        )}
        {item.inConflict.length > 0 && (
          <button type="button" className="decide" onClick={() => props.onDecide(item)}>
            Decide together<span className="sr-only">: {item.title}</span>
          </button>
        )}
      </div>
      <span className="item-actions">
        {mayEdit && item.startMs !== undefined && !item.cancelled && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Push from ${item.title}`}
            title="Push from here"
            onClick={() => props.onPush(item)}
          >
            <Mark name="push" />
          </button>
        )}
        {mayEdit && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Edit ${item.title}`}
            onClick={() => props.onEdit(item)}
          >
            <Icon name="pencil" />
          </button>
        )}
        {mayDelete && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Delete ${item.title}`}
            onClick={() => props.onDelete(item)}
          >
            <Icon name="bin" />
          </button>
        )}
      </span>
    </li>
  )
})

function isContested({ inConflict }: TimelineItem, field: string): boolean {
  return inConflict.includes(field)
}

function PaceTag({ pace }: { readonly pace: Pace }) {
  const minutes = minutesWords(pace.minutes)
  if (pace.kind === 'over') return <span className="tag tag-over">{minutes} over</span>
  return <span className="tag tag-now">{pace.kind === 'left' ? `${minutes} left` : `began ${minutes} ago`}</span>
}
