/** What ticking an item writes. Pure. */
import type { Data } from './itemForm.ts'

/**
 * A status that says "completed" would contradict a tick that was taken away. Who may write the status alone, as a vendor in its
 * own items, says with it that the item is done; what somebody else has ticked stays so.
 * @param mayWrite whether these fields of the item may be written here
 * @returns `undefined` if the item cannot be ticked, or the tick not taken away, at this device
 */
export function tickChange(
  data: Data,
  done: boolean,
  mayWrite: (fields: readonly string[]) => boolean,
): Data | undefined {
  const change = !done && data.status === 'completed' ? { done, status: 'pending' } : { done }
  if (mayWrite(Object.keys(change))) return change
  if (!mayWrite(['status']) || (!done && data.done === true)) return undefined
  return { status: done ? 'completed' : 'pending' }
}
