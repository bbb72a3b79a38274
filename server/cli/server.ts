/** The server that a command speaks to. */
import { type Api, type OutgoingChange, pushChanges as pushBatch } from '../../model/client/calls.ts'
import { type ClientError, createClient } from '../../model/client/client.ts'
import { ROUTES } from '../../model/rest/routes.ts'
import type { SyncReply } from '../../model/rest/sync.ts'
import { err, ok, type Result, unreachable } from '../../model/result.ts'
import { type Failure, failed, usageError } from './exit.ts'
import { type OptionSpecs, type ParsedOptions, urlOption } from './options.ts'

export const serverOptions: OptionSpecs = {
  server: { type: 'string', value: 'URL', help: "address of a running server, as its ready line's url" },
  token: { type: 'string', value: 'T', help: "bearer token, as the ready line's token" },
}

const TIMEOUT_MS = 30_000

export function connect(server: string, token: string): Api {
  return createClient(ROUTES, {
    server: new URL(server).origin,
    token,
    async fetch(url, init) {
      try {
        const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
        const text = await response.text()
        return { status: response.status, text: async () => text }
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new Error(`The server at ${server} does not answer (${reason}). Is it running?`, { cause })
      }
    },
  })
}

/** What a command says when a call fails. */
export function failureOf(error: ClientError): Failure {
  switch (error.kind) {
    case 'unreachable':
      return failed(error.message)
    case 'refused':
      return error.status === 401
        ? failed('The server does not accept this token. Take the one of its ready line.')
        : failed(`The server answered ${error.status}: ${error.message}`)
    case 'not-understood':
      return failed('The server gave an answer that this version does not understand.')
    default:
      return unreachable(error)
  }
}

/** Sends at most 100 changes, made now by whoever runs the command. */
export async function pushChanges(api: Api, changes: readonly OutgoingChange[]): Promise<Result<SyncReply, Failure>> {
  const pushed = await pushBatch(api, changes, { now: new Date().toISOString(), batchId: crypto.randomUUID() })
  return pushed.ok ? pushed : err(failureOf(pushed.error))
}

/** The server that `--server` and `--token` name; `undefined` if neither is given. */
export function serverFromOptions(options: ParsedOptions): Result<Api | undefined, Failure> {
  const server = urlOption(options, 'server')
  if (!server.ok) return err(usageError(server.error))
  const token = options.text('token')
  if (server.value === undefined && token === undefined) return ok(undefined)
  if (server.value === undefined) return err(usageError('--token needs --server beside it.'))
  if (token === undefined) return err(usageError('--server needs --token beside it.'))
  return ok(connect(server.value, token))
}
