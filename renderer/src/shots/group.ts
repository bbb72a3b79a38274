/** Photo groups as the shot list shows them, by section and rank. Pure. */
import { number, strings, words } from '../data/read.ts'
import type { Row } from '../data/row.ts'

export interface PhotoGroup {
  readonly id: string
  readonly name: string
  readonly people: readonly string[]
  readonly section: string
  readonly rank: string
  readonly place: string
  readonly description: string
  readonly minutes: number
  readonly done: boolean
  readonly skipped: boolean
  readonly waitingFor: string
  readonly inConflict: readonly string[]
  readonly row: Row
}

/** With a list and a helper a family group takes two to three minutes; used where the group names none. */
export const USUAL_MINUTES = 3

const groups = new WeakMap<Row, PhotoGroup>()

/** Reads a group from its record, once per revision. */
export function groupOf(row: Row): PhotoGroup {
  const known = groups.get(row)
  if (known) return known
  const { data } = row.view
  const group: PhotoGroup = {
    id: row.id,
    name: words(data.name) || 'Group without a name',
    people: strings(data.people),
    section: words(data.section),
    rank: words(data.rank),
    place: words(data.location),
    description: words(data.description),
    minutes: number(data.minutes) ?? USUAL_MINUTES,
    done: data.done === true,
    skipped: data.skipped === true,
    waitingFor: words(data.waitingFor),
    inConflict: row.conflicts.flatMap(({ fields }) => fields),
    row,
  }
  groups.set(row, group)
  return group
}

export interface ShotSection {
  readonly title: string
  readonly groups: readonly PhotoGroup[]
}

/** Sections in the order of their first group; groups by rank, then name. */
export function shotSections(all: readonly PhotoGroup[]): readonly ShotSection[] {
  const sections = new Map<string, PhotoGroup[]>()
  for (const group of all.toSorted(byRank)) {
    const section = sections.get(group.section)
    if (section) section.push(group)
    else sections.set(group.section, [group])
  }
  return [...sections].map(([title, members]) => ({ title, groups: members }))
}

function byRank(a: PhotoGroup, b: PhotoGroup): number {
  // A group without a rank was added without knowing the order: it goes to the end.
  return (
    Number(a.rank === '') - Number(b.rank === '') ||
    compare(a.rank, b.rank) ||
    compare(a.name, b.name) ||
    compare(a.id, b.id)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export interface ShotsLeft {
  readonly groups: number
  readonly minutes: number
  readonly total: number
}

/** What is still to be taken; skipped groups are not waited for. */
export function shotsLeft(all: readonly PhotoGroup[]): ShotsLeft {
  const open = all.filter(({ done, skipped }) => !done && !skipped)
  return { groups: open.length, minutes: open.reduce((sum, { minutes }) => sum + minutes, 0), total: all.length }
}

const LAST_DIGIT = 'z'

/** A rank after all of these: the last one's last character moves on, or one is added. */
export function rankAfter(all: readonly { readonly rank: string }[]): string {
  const last = all.reduce((greatest, { rank }) => (rank > greatest ? rank : greatest), '')
  const end = last.at(-1)
  if (end === undefined) return 'm'
  if (end >= LAST_DIGIT || end < '0') return `${last}1`
  return last.slice(0, -1) + following(end)
}

function following(digit: string): string {
  const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'
  return DIGITS.split('').find((candidate) => candidate > digit) ?? `${digit}1`
}
