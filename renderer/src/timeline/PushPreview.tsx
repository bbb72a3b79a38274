import type { PushPlan } from '../../../model/timeline/pushFrom.ts'
import { Icon } from '../ui/icons.tsx'
import { Mark } from './Mark.tsx'
import { overlapWords } from './overlapWords.ts'
import { pushLines, pushSummary } from './pushWords.ts'

interface PushPreviewProps {
  readonly plan: PushPlan
  readonly zone: string
}

/** What a push would do, before it is done. */
export function PushPreview({ plan, zone }: PushPreviewProps) {
  const lines = pushLines(plan, zone)
  return (
    <>
      <output className="push-summary">{pushSummary(plan, zone)}</output>
      {lines.length > 0 && (
        <ol className="push-lines" aria-label="What changes">
          {lines.map(({ id, title, before, after, note, kind }) => (
            <li key={id} data-kind={kind}>
              <span className="push-times">
                {before}
                {after === undefined ? (
                  <>
                    {kind === 'waits' ? <Mark name="warning" size={16} /> : <Icon name="lock" size={16} />}
                    <span className="sr-only"> stays</span>
                  </>
                ) : (
                  <>
                    <Mark name="becomes" size={16} />
                    <span className="sr-only"> becomes </span>
                    <strong>{after}</strong>
                  </>
                )}
              </span>
              <span className="push-what">
                {title}
                {note !== undefined && <span className="push-note">{note}</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
      {plan.collisions.length > 0 && (
        <section className="push-collisions" aria-label="New overlaps">
          <h3>
            <Mark name="warning" /> New overlaps
          </h3>
          <ul>
            {plan.collisions.map((overlap) => (
              <li key={`${overlap.first.id} ${overlap.second.id}`}>{overlapWords(overlap, zone)}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
