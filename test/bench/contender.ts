/**
 * One way to keep a record that several people edit, with the tasks that the bench measures. Each call prepares a task
 * and returns it; only what is returned is timed.
 */
export interface Contender {
  readonly name: string
  /** Two people changed different fields. One state is in memory, the other change as well. */
  merge(): () => unknown
  /** The stored state of one is loaded, merged with what the other sent, and stored. */
  loadMergeSave(): () => unknown
  /** The stored state is loaded, and its fields are read. */
  loadAndRead(): () => unknown
  /** One field changes. */
  edit(): () => unknown
  /** Stored, after so many devices have edited it. */
  bytes(devices: number): number
}

/** Whether a contender does what it is timed for. */
export function assertMerged(name: string, fields: Readonly<Record<string, unknown>>): void {
  const { title, startTime, location } = fields
  if (title !== 'Ceremony' || startTime !== '2027-06-12T14:20:00.000Z' || !String(location).startsWith('Orchard')) {
    throw new Error(`${name} did not merge the two edits`)
  }
}
