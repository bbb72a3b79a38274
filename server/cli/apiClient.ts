/** The REST API as the command line uses it. */
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import { type Failure, failed, usageError } from './exit.ts'
import { type OptionSpecs, type ParsedOptions, urlOption } from './options.ts'

export const serverOptions: OptionSpecs = {
  server: { type: 'string', value: 'URL', help: "address of a running server, as its ready line's url" },
  token: { type: 'string', value: 'T', help: "bearer token, as the ready line's token" },
}

const TIMEOUT_MS = 30_000

export interface ApiClient {
  get<T>(reply: z.ZodType<T>, path: string): Promise<Result<T, Failure>>
  post<T>(reply: z.ZodType<T>, path: string, body: unknown): Promise<Result<T, Failure>>
}

export function apiClient(server: string, token: string): ApiClient {
  async function call<T>(reply: z.ZodType<T>, path: string, init: RequestInit): Promise<Result<T, Failure>> {
    let response: Response
    let raw: unknown
    try {
      response = await fetch(new URL(`/api/offline/${path}`, server), {
        ...init,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      raw = await response.json()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      return err(failed(`The server at ${server} does not answer (${reason}). Is it running?`))
    }
    if (response.status === 401)
      return err(failed('The server does not accept this token. Take the one of its ready line.'))
    if (!response.ok) return err(failed(`The server answered ${response.status}: ${errorText(raw)}`))
    const parsed = reply.safeParse(raw)
    return parsed.success
      ? ok(parsed.data)
      : err(failed('The server gave an answer that this version does not understand.'))
  }
  return {
    get: (reply, path) => call(reply, path, { method: 'GET' }),
    post: (reply, path, body) => call(reply, path, { method: 'POST', body: JSON.stringify(body) }),
  }
}

const saidError = z.object({ error: z.string(), message: z.string().optional() })

function errorText(raw: unknown): string {
  const said = saidError.safeParse(raw).data
  return said?.message ?? said?.error ?? 'no reason given'
}

/** The client that `--server` and `--token` describe; `undefined` if neither is given. */
export function clientFromOptions(options: ParsedOptions): Result<ApiClient | undefined, Failure> {
  const server = urlOption(options, 'server')
  if (!server.ok) return err(usageError(server.error))
  const token = options.text('token')
  if (server.value === undefined && token === undefined) return ok(undefined)
  if (server.value === undefined) return err(usageError('--token needs --server beside it.'))
  if (token === undefined) return err(usageError('--server needs --token beside it.'))
  return ok(apiClient(server.value, token))
}
