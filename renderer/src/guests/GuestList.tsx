import '../timeline/timeline.css'
import './guests.css'
import { memo } from 'react'
import type { Guest, GuestTable } from './guest.ts'

interface GuestListProps {
  readonly tables: readonly GuestTable[]
  readonly mayDecide: (guest: Guest) => boolean
  readonly onDecide: (guest: Guest) => void
}

/** Everybody who is expected, by table, with what they eat. */
export function GuestList({ tables, mayDecide, onDecide }: GuestListProps) {
  return tables.map(({ name, guests }) => {
    const title = titleOf(name)
    return (
      <section key={name} className="guests" aria-label={title}>
        <h2>
          {title}
          <span className="faint">{guests.length === 1 ? '1 guest' : `${guests.length} guests`}</span>
        </h2>
        <ul>
          {guests.map((guest) => (
            <GuestLine key={guest.id} guest={guest} mayDecide={mayDecide(guest)} onDecide={onDecide} />
          ))}
        </ul>
      </section>
    )
  })
}

/** "Table 4", but not "Table Head Table". */
function titleOf(table: string): string {
  if (table === '') return 'No table yet'
  return /table/i.test(table) ? table : `Table ${table}`
}

interface GuestLineProps extends Pick<GuestListProps, 'onDecide'> {
  readonly guest: Guest
  readonly mayDecide: boolean
}

const GuestLine = memo(function GuestLine({ guest, mayDecide, onDecide }: GuestLineProps) {
  const { name, seat, answer, ageGroup, plusOne, meal, diets, allergies, access, inConflict } = guest
  return (
    <li className="guest">
      <span className="guest-seat">{seat}</span>
      <div className="item-main">
        <span className="guest-name">
          {name}
          {ageGroup !== '' && <span className="tag">{ageGroup}</span>}
          {plusOne !== '' && <span className="tag">Plus {plusOne}</span>}
          {answer === 'pending' && <span className="tag tag-busy">No answer yet</span>}
          {answer === 'maybe' && <span className="tag tag-busy">Perhaps</span>}
        </span>
        {allergies.length > 0 && (
          <span className="guest-allergies">
            <strong>Allergic to {allergies.join(', ')}</strong>
          </span>
        )}
        {diets.length > 0 && <span className="guest-diet">{diets.join(' — or: ')}</span>}
        {access !== '' && <span className="item-facts">{access}</span>}
        {inConflict.length > 0 &&
          (mayDecide ? (
            <button type="button" className="decide" onClick={() => onDecide(guest)}>
              Decide together<span className="sr-only">: {name}</span>
            </button>
          ) : (
            <span className="item-warning">People wrote different things here, and nobody has decided. Ask.</span>
          ))}
      </div>
      <span className="guest-meal">{meal}</span>
    </li>
  )
})
