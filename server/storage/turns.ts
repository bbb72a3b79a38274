import type { Database } from './open.ts'

/**
 * Runs the operations of one table in the order of their calls.
 *
 * Most operations are synchronous and run at once. Reading a Blob is not, so whatever is called meanwhile waits.
 * Two more cases have to wait for the next microtask: calls from an event handler, or the second change would be
 * announced before the first has reached everybody; and calls from inside a transaction, such as `onCommit`, or the
 * write would be announced although the transaction around it may still roll back.
 */
export class Turns {
  readonly #database: Database
  /** Settles, without a value, when the last waiting operation has ended. */
  #last: Promise<void> | undefined
  #isRunning = false

  constructor(database: Database) {
    this.#database = database
  }

  /** Runs a synchronous operation; at once if nothing is in its way. */
  run<T>(operation: () => T): Promise<T> {
    if (this.#last !== undefined || this.#isRunning || this.#database.inTransaction) {
      return this.runPrepared(async () => undefined, operation)
    }
    try {
      return Promise.resolve(this.#perform(operation))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Runs an operation that needs something read first; both happen in its turn. */
  runPrepared<P, T>(prepare: () => Promise<P>, operation: (prepared: P) => T): Promise<T> {
    const previous = this.#last ?? Promise.resolve()
    const result = previous.then(async () => {
      const prepared = await prepare()
      if (this.#database.inTransaction) {
        throw new Error('a transaction was left open on the database; this operation would become part of it')
      }
      return this.#perform(() => operation(prepared))
    })
    const last = result.then(
      () => undefined,
      () => undefined,
    )
    this.#last = last
    last.then(() => {
      if (this.#last === last) this.#last = undefined
    })
    return result
  }

  /** Resolves when everything called so far has ended. */
  async idle(): Promise<void> {
    await this.#last
  }

  #perform<T>(operation: () => T): T {
    this.#isRunning = true
    try {
      return operation()
    } finally {
      this.#isRunning = false
    }
  }
}
