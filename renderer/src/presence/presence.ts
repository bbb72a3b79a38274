/** Who else is here: told to the others by this window, and by them to it. */
import type { Observable } from 'rxjs'
import { type PresenceState, presenceState } from '../../../model/rest/presence.ts'

/** Another device that has a wedding open just now. */
export interface Other {
  readonly deviceId: string
  readonly weddingId: string
  /** The record whose form is open there. */
  readonly editing: string | undefined
}

export interface Presence {
  readonly others: Observable<readonly Other[]>
  /** The screen shows this wedding, until the returned function is called. */
  enter(weddingId: string): () => void
  /** A form for this record is open, until the returned function is called. */
  edit(recordId: string): () => void
}

/** @param tell what is so from now on: where this window is, and what is being edited there */
export function createPresence(
  others: Observable<readonly Other[]>,
  tell: (weddingId: string | null, state: PresenceState) => void,
): Presence {
  const weddings: string[] = []
  const editing: string[] = []

  /** The screen that came last counts; the one before it may leave later. */
  function during(list: string[], id: string): () => void {
    list.push(id)
    say()
    return () => {
      list.splice(list.lastIndexOf(id), 1)
      say()
    }
  }

  function say(): void {
    const record = editing.at(-1)
    tell(weddings.at(-1) ?? null, record === undefined ? {} : { editing: record })
  }

  return { others, enter: (id) => during(weddings, id), edit: (id) => during(editing, id) }
}

/** What a device says of itself, as far as this version understands it. */
export function otherOf(deviceId: string, weddingId: string, state: unknown): Other {
  return { deviceId, weddingId, editing: presenceState.safeParse(state).data?.editing }
}
