/** A push as edits of records, to be written under one operation id, and the way back. Pure. */
import { type DayItem, isoInstant } from './dayItem.ts'
import type { Move } from './flow.ts'
import type { PushPlan } from './pushFrom.ts'

/** Only the times that change. Null takes an end away that the push had to write. */
export interface TimesEdit {
  readonly id: string
  readonly data: { readonly startTime?: string; readonly endTime?: string | null }
}

export interface UndoEdits {
  readonly edits: readonly TimesEdit[]
  /** Items of the push whose times somebody changed or that somebody deleted since: they stay as they are. */
  readonly changedMeanwhile: readonly DayItem[]
}

/** What the push writes. */
export function planEdits({ moves }: Pick<PushPlan, 'moves'>): readonly TimesEdit[] {
  return moves.map((move) => ({
    id: move.item.id,
    data: {
      startTime: isoInstant(move.startMs),
      ...(move.endMs !== undefined && writesEnd(move, move.endMs) && { endTime: isoInstant(move.endMs) }),
    },
  }))
}

/**
 * What takes the push back: the times that it replaced, letter by letter.
 * @param current the items of the wedding as they are now
 */
export function undoEdits({ moves }: Pick<PushPlan, 'moves'>, current: readonly DayItem[]): UndoEdits {
  const now = new Map(current.map((item) => [item.id, item]))
  const unchanged = moves.filter((move) => stillAsWritten(move, now.get(move.item.id)))
  return {
    edits: unchanged.map((move) => ({
      id: move.item.id,
      data: {
        ...(move.item.stored.startTime !== undefined && { startTime: move.item.stored.startTime }),
        ...(move.endMs !== undefined && writesEnd(move, move.endMs) && { endTime: move.item.stored.endTime ?? null }),
      },
    })),
    changedMeanwhile: moves.filter((move) => !unchanged.includes(move)).map(({ item }) => item),
  }
}

/** A length that comes from the duration needs no end, unless slack has become shorter. */
function writesEnd({ item, startMs }: Move, endMs: number): boolean {
  if (item.stored.endTime !== undefined) return endMs !== item.endMs
  return endMs - startMs !== (item.endMs ?? item.startMs) - item.startMs
}

/** A second value beside ours is a change too: to write over it would settle it without asking. */
function stillAsWritten(move: Move, current: DayItem | undefined): boolean {
  if (!current || current.contested) return false
  return current.startMs === move.startMs && current.endMs === move.endMs
}
