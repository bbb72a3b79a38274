/** Guests as whoever feeds them needs them: how many come, who sits where, and what each of them eats. Pure. */
import { number, strings, words } from '../data/read.ts'
import type { Row } from '../data/row.ts'

export type Answer = 'attending' | 'maybe' | 'pending' | 'declined'

export interface Guest {
  readonly id: string
  readonly name: string
  /** Empty without one. */
  readonly table: string
  readonly seat: string
  /** `maybe` also where people wrote different answers and nobody has decided: a plate too many is better than none. */
  readonly answer: Answer
  readonly meal: string
  /** More than one where people wrote different things and nobody has decided: leaving one out could harm. */
  readonly diets: readonly string[]
  readonly allergies: readonly string[]
  readonly access: string
  readonly ageGroup: string
  /** A name, or that somebody comes who has no name yet; empty without. */
  readonly plusOne: string
  readonly inConflict: readonly string[]
  readonly row: Row
}

const guests = new WeakMap<Row, Guest>()

/** Reads a guest from its record, once per revision. */
export function guestOf(row: Row): Guest {
  const known = guests.get(row)
  if (known) return known
  const { data, siblings } = row.view
  const guest: Guest = {
    id: row.id,
    name: words(data.name) || 'Guest without a name',
    table: label(data.tableNumber),
    seat: label(data.seat),
    answer: siblings.rsvpStatus ? 'maybe' : answerOf(data.rsvpStatus),
    meal: words(data.meal),
    diets: standing(row, 'dietary'),
    allergies: strings(data.allergies),
    access: words(data.accessibility),
    ageGroup: words(data.ageGroup),
    plusOne: data.plusOne === true ? 'one more' : words(data.plusOne),
    inConflict: row.conflicts.flatMap(({ fields }) => fields),
    row,
  }
  guests.set(row, guest)
  return guest
}

/** Tables and seats are numbers to some and names to others. */
function label(value: unknown): string {
  return number(value)?.toString() ?? words(value)
}

function answerOf(value: unknown): Answer {
  return value === 'attending' || value === 'maybe' || value === 'declined' ? value : 'pending'
}

function standing({ view: { data, siblings } }: Row, field: string): readonly string[] {
  const values = siblings[field]?.map(({ value }) => value) ?? [data[field]]
  return values.map(words).filter((text) => text !== '')
}

export interface GuestTable {
  /** Empty: those who have no table yet. */
  readonly name: string
  readonly guests: readonly Guest[]
}

const HEAD_TABLE = /^(head|top|high)\b/i
const { compare } = new Intl.Collator(undefined, { numeric: true })

/** Those who have not declined, by table: the head table first, as it is served first; by seat, then name. */
export function guestTables(all: readonly Guest[]): readonly GuestTable[] {
  const byTable = Map.groupBy(all.filter(isExpected), ({ table }) => table)
  return [...byTable]
    .map(([name, seated]) => ({ name, guests: seated.toSorted(bySeat) }))
    .sort((a, b) => rankOf(a.name) - rankOf(b.name) || compare(a.name, b.name))
}

function rankOf(table: string): number {
  if (table === '') return 2
  return HEAD_TABLE.test(table) ? 0 : 1
}

function bySeat(a: Guest, b: Guest): number {
  return Number(a.seat === '') - Number(b.seat === '') || compare(a.seat, b.seat) || compare(a.name, b.name)
}

function isExpected({ answer }: Guest): boolean {
  return answer !== 'declined'
}

/** How often something is wanted. */
export type Counted = readonly (readonly [what: string, count: number])[]

export interface GuestCounts {
  readonly coming: number
  /** `maybe`, or no answer yet. */
  readonly open: number
  /** By name. */
  readonly declined: readonly Guest[]
  /** Of those who come; the most wanted first, and last those who have chosen none. */
  readonly meals: Counted
  /** Of all who have not declined. */
  readonly allergies: Counted
}

export const NO_MEAL = 'not chosen'

export function guestCounts(all: readonly Guest[]): GuestCounts {
  const coming = all.filter(({ answer }) => answer === 'attending')
  const meals = counted(coming.map(({ meal }) => meal.toLowerCase() || NO_MEAL))
  return {
    coming: coming.length,
    open: all.filter(isExpected).length - coming.length,
    declined: all.filter((guest) => !isExpected(guest)).sort((a, b) => compare(a.name, b.name)),
    meals: [...meals.filter(([meal]) => meal !== NO_MEAL), ...meals.filter(([meal]) => meal === NO_MEAL)],
    allergies: counted(all.filter(isExpected).flatMap(({ allergies }) => allergies.map((each) => each.toLowerCase()))),
  }
}

function counted(values: readonly string[]): Counted {
  return [...Map.groupBy(values, (value) => value)]
    .map(([what, each]) => [what, each.length] as const)
    .sort(([a, x], [b, y]) => y - x || compare(a, b))
}

export function countedWords(counts: Counted): string {
  return counts.map(([what, count]) => `${what} ${count}`).join(', ')
}
