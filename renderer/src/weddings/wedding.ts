import { words } from '../data/read.ts'
import type { Row } from '../data/row.ts'
import { knownZone } from '../time/local.ts'

/** A wedding as the screens show it. */
export interface Wedding {
  readonly id: string
  readonly name: string
  /** `yyyy-MM-dd`, or empty. */
  readonly date: string
  readonly place: string
  readonly zone: string
  readonly row: Row
}

/** Reads a wedding from its record. */
export function weddingOf(row: Row): Wedding {
  const { data } = row.view
  return {
    id: row.id,
    name: words(data.name) || words(data.coupleName) || 'Wedding without a name',
    date: words(data.date),
    place: placeName(data.venue) || placeName(data.ceremonyVenue),
    zone: knownZone(data.timezone),
    row,
  }
}

function placeName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return words(value)
  const { name, address } = value as { readonly name?: unknown; readonly address?: unknown }
  return words(name) || words(address)
}

/** What comes next first; after it what has passed, the latest first. */
export function inOrderOfNeed(weddings: readonly Wedding[], today: string): readonly Wedding[] {
  const ahead = weddings
    .filter(({ date }) => date >= today)
    .sort((a, b) => a.date.localeCompare(b.date) || byName(a, b))
  const past = weddings.filter(({ date }) => date < today).sort((a, b) => b.date.localeCompare(a.date) || byName(a, b))
  return [...ahead, ...past]
}

function byName(a: Wedding, b: Wedding): number {
  return a.name.localeCompare(b.name) || a.id.localeCompare(b.id)
}
