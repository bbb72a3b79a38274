import '../timeline/timeline.css'
import './shots.css'
import { memo } from 'react'
import { minutesWords } from '../time/local.ts'
import { Icon } from '../ui/icons.tsx'
import { Tick } from '../ui/Tick.tsx'
import { type PhotoGroup, type ShotSection, shotsLeft } from './group.ts'

interface ShotListProps {
  readonly sections: readonly ShotSection[]
  readonly mayTick: (group: PhotoGroup) => boolean
  readonly onTick: (group: PhotoGroup, done: boolean) => Promise<void>
  readonly onDecide: (group: PhotoGroup) => void
}

/** Groups by section, with ticks that are found without looking. */
export function ShotList({ sections, mayTick, ...row }: ShotListProps) {
  return sections.map((section) => {
    const left = shotsLeft(section.groups)
    const title = section.title || 'Groups'
    return (
      <section key={section.title} className="shots" aria-label={title}>
        <h2>
          {title}
          <span className="faint">
            {left.groups === 0 ? ' all taken' : ` ${left.groups} left, ${minutesWords(left.minutes)}`}
          </span>
        </h2>
        <ul>
          {section.groups.map((group) => (
            <Shot key={group.id} group={group} mayTick={mayTick(group)} {...row} />
          ))}
        </ul>
      </section>
    )
  })
}

interface ShotProps extends Omit<ShotListProps, 'sections' | 'mayTick'> {
  readonly group: PhotoGroup
  readonly mayTick: boolean
}

const Shot = memo(function Shot({ group, mayTick, onTick, onDecide }: ShotProps) {
  const state = group.done ? 'done' : group.skipped ? 'skipped' : 'open'
  return (
    <li className="shot" data-state={state}>
      <Tick
        size="large"
        label={`Taken: ${group.name}`}
        checked={group.done}
        disabled={!mayTick}
        onTick={(done) => onTick(group, done)}
      />
      <div className="item-main">
        <span className="shot-name">
          {group.name}
          {group.skipped && !group.done && <span className="tag">Skipped for now</span>}
          {group.waitingFor !== '' && !group.done && (
            <span className="tag tag-over">Waiting for {group.waitingFor}</span>
          )}
        </span>
        {group.people.length > 0 && <span className="shot-people">{group.people.join(', ')}</span>}
        {(group.place !== '' || group.description !== '') && (
          <span className="item-facts">
            {group.place !== '' && (
              <span className="fact">
                <Icon name="pin" size={16} /> {group.place}
              </span>
            )}
            {group.description !== '' && <span>{group.description}</span>}
          </span>
        )}
        {group.inConflict.length > 0 && (
          <button type="button" className="decide" onClick={() => onDecide(group)}>
            Decide together<span className="sr-only">: {group.name}</span>
          </button>
        )}
      </div>
      <span className="shot-minutes">{minutesWords(group.minutes)}</span>
    </li>
  )
})
