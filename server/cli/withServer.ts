import type { Api } from '../../model/client/calls.ts'
import type { Failure } from './exit.ts'
import type { ParsedOptions } from './options.ts'
import { connect, serverFromOptions } from './server.ts'
import { withInstall } from './withInstall.ts'

/** Runs with the server that `--server` and `--token` name, or with the install of `--data`. */
export async function withServer(
  options: ParsedOptions,
  run: (api: Api) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const named = serverFromOptions(options)
  if (!named.ok) return named.error
  if (named.value) return run(named.value)
  return withInstall(options, ({ url, identity }) => run(connect(url, identity.token)))
}
