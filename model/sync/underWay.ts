/** What has been sent to a peer and is not acknowledged yet, by scope in the order in which it was sent. */
import type { Ack } from '../wire/index.ts'
import type { Allowance, Flight } from './line.ts'

/** A message of changes that was sent. */
export interface Batch {
  /** How far the peer has our log with it. */
  readonly seq: number
  readonly ids: readonly string[]
  readonly flight: Flight
  /** All that people had done until then. */
  readonly isLive: boolean
}

export class UnderWay {
  readonly #batches = new Map<string, readonly Batch[]>()

  add(scope: string, batch: Batch): void {
    this.#batches.set(scope, [...(this.#batches.get(scope) ?? []), batch])
  }

  isEmpty(scope: string): boolean {
    return !this.#batches.has(scope)
  }

  /** The last batch of what people do. */
  lastLive(scope: string): Batch | undefined {
    return this.#batches.get(scope)?.findLast(({ isLive }) => isLive)
  }

  /** Whether one more batch may be under way, of all scopes together. */
  hasRoom({ parallel, chars }: Allowance, isLive: boolean): boolean {
    const flights = [...this.#batches.values()].flatMap((batches) => batches.map(({ flight }) => flight))
    // There is always a place for what people do now.
    if (isLive) return flights.length <= parallel
    return flights.length < parallel && flights.reduce((sum, flight) => sum + flight.chars, 0) < chars
  }

  /**
   * Takes off what an ack covers: the batch that it names and all before it.
   * @returns them; none if nothing was sent so
   */
  settle({ scope, seq, batches: count }: Pick<Ack, 'scope' | 'seq' | 'batches'>): readonly Batch[] {
    const open = this.#batches.get(scope) ?? []
    const index = count === undefined ? open.findIndex((batch) => batch.seq === seq) : count - 1
    if (open[index]?.seq !== seq) return []
    const rest = open.slice(index + 1)
    if (rest.length > 0) this.#batches.set(scope, rest)
    else this.#batches.delete(scope)
    return open.slice(0, index + 1)
  }
}
