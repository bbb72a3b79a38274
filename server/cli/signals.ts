const MUST_END_MS = 5_000

/**
 * Resolves at the first SIGINT or SIGTERM. What follows has to end within five seconds; then the process ends anyway,
 * which loses nothing, since everything that was acknowledged is on disk. To be called before the server starts: a
 * signal that nobody listens to ends the process at once, and whoever has read the ready line may send one.
 */
export async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  setTimeout(() => process.exit(0), MUST_END_MS - 500).unref()
}
