import { type ApiClient, apiClient, clientFromOptions } from './apiClient.ts'
import { openFromOptions } from './commands/serve.ts'
import type { Failure } from './exit.ts'
import type { ParsedOptions } from './options.ts'

/**
 * Runs with the server that `--server` and `--token` name, or with the install of `--data` (by default the app's own),
 * opened for the time that it takes.
 */
export async function withServer(
  options: ParsedOptions,
  run: (api: ApiClient) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const client = clientFromOptions(options)
  if (!client.ok) return client.error
  if (client.value) return run(client.value)
  const install = await openFromOptions({ ...options, text: (name) => (name === 'port' ? '0' : options.text(name)) })
  if ('message' in install) return install
  try {
    return await run(apiClient(install.url, install.identity.token))
  } finally {
    await install.stop()
  }
}
