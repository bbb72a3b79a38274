/** Overlaps in words. Pure. */
import { type Overlap, overlaps } from '../../../model/timeline/overlaps.ts'
import { clockTime } from '../time/local.ts'
import type { TimelineItem } from './item.ts'

/**
 * What to warn of at each item, by its id; a line for each other item. Plain texts, so that a row that says the same as
 * before need not be drawn again.
 */
export function overlapWarnings(items: readonly TimelineItem[], zone: string): ReadonlyMap<string, string> {
  const warnings = new Map<string, string>()
  const add = (id: string, other: string, overlap: Overlap) => {
    const line = `Overlaps “${other}” ${sharedTimes(overlap, zone)}: ${sharedWords(overlap)}`
    const known = warnings.get(id)
    warnings.set(id, known === undefined ? line : `${known}\n${line}`)
  }
  for (const overlap of overlaps(items.map(({ day }) => day))) {
    add(overlap.first.id, overlap.second.title, overlap)
    add(overlap.second.id, overlap.first.title, overlap)
  }
  return warnings
}

/** `“Dessert” and “Portraits” 20:25–20:45: Tom Ashworth`. */
export function overlapWords(overlap: Overlap, zone: string): string {
  const { first, second } = overlap
  return `“${first.title}” and “${second.title}” ${sharedTimes(overlap, zone)}: ${sharedWords(overlap)}`
}

function sharedTimes({ startMs, endMs }: Overlap, zone: string): string {
  return `${clockTime(startMs, zone)}–${clockTime(endMs, zone)}`
}

function sharedWords({ people, vendors, place }: Overlap): string {
  return [...people, ...vendors, ...(place === undefined ? [] : [`in the same place, ${place}`])].join(', ')
}
