/**
 * Turns per scope within this process. The lock that counts is the row in `scopes`; but whoever waits for that row holds
 * a connection, and one busy wedding would soon have all of the pool waiting for it and nobody else served.
 */
export class ScopeTurns {
  /** Settles, without a value, when the last one that waits for the scope is done. */
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` when everybody before us who needs one of the scopes is done. */
  async run<T>(scopes: readonly string[], work: () => Promise<T>): Promise<T> {
    // All places are taken at once, in one order for all scopes, so two that need the same scopes cannot block each other.
    const before = scopes.map((scope) => this.#last.get(scope))
    const { promise: done, resolve: finish } = Promise.withResolvers<void>()
    for (const scope of scopes) this.#last.set(scope, done)
    try {
      await Promise.all(before)
      return await work()
    } finally {
      finish()
      for (const scope of scopes) if (this.#last.get(scope) === done) this.#last.delete(scope)
    }
  }
}
