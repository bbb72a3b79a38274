import type { Install } from '../install/install.ts'
import type { Failure } from './exit.ts'
import type { ParsedOptions } from './options.ts'

/** Runs with the install of `--data` (by default the app's own), opened for the time that it takes, at a free port. */
export async function withInstall(
  options: ParsedOptions,
  run: (install: Install) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  // All of an install takes a second to be read, which commands that ask a running server need not wait for.
  const { openFromOptions } = await import('./commands/serve.ts')
  const install = await openFromOptions({ ...options, text: (name) => (name === 'port' ? '0' : options.text(name)) })
  if ('message' in install) return install
  try {
    return await run(install)
  } finally {
    await install.stop()
  }
}
