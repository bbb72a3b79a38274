const MUST_END_MS = 5_000
const PARENT_CHECK_MS = 500

/**
 * Resolves at the first SIGINT or SIGTERM. What follows has to end within five seconds; then the process ends anyway,
 * which loses nothing, since everything that was acknowledged is on disk. To be called before the server starts: a
 * signal that nobody listens to ends the process at once, and whoever has read the ready line may send one.
 */
export async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
    whenNpmIsGone(resolve)
  })
  setTimeout(() => process.exit(0), MUST_END_MS - 500).unref()
}

/**
 * npm passes a signal on to the shell that it started, and that shell passes nothing on: whoever stops `npm run wedsync`
 * would leave the server behind. So a server that npm started ends when its parent is gone.
 */
function whenNpmIsGone(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) stop()
  }, PARENT_CHECK_MS).unref()
}
