import type { Api } from '../../model/client/calls.ts'
import { openFromOptions } from './commands/serve.ts'
import type { Failure } from './exit.ts'
import type { ParsedOptions } from './options.ts'
import { connect, serverFromOptions } from './server.ts'

/**
 * Runs with the server that `--server` and `--token` name, or with the install of `--data` (by default the app's own),
 * opened for the time that it takes.
 */
export async function withServer(
  options: ParsedOptions,
  run: (api: Api) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const named = serverFromOptions(options)
  if (!named.ok) return named.error
  if (named.value) return run(named.value)
  const install = await openFromOptions({ ...options, text: (name) => (name === 'port' ? '0' : options.text(name)) })
  if ('message' in install) return install
  try {
    return await run(connect(install.url, install.identity.token))
  } finally {
    await install.stop()
  }
}
