/** The n-th of a row of UUIDs that are easy to tell apart in a failure. */
export function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString().padStart(12, '0')}`
}
