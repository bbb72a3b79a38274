/** Every reply that is not a success: one class to throw, one middleware that answers. */
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { z } from 'zod'
import type { ErrorReply } from '../../model/rest/error.ts'
import { AuditUnavailable } from '../audit/trail.ts'
import { StorageError } from '../changes/storageError.ts'
import type { Log, LogFields } from '../log.ts'
import { requestIdOf } from './requestState.ts'

type Extra = Readonly<Record<string, unknown>>

/** Ends a request with this status and body. `message` reaches the caller: no SQL, no stack, no file name. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  readonly extra: Extra

  constructor(status: number, code: string, message: string, extra: Extra = {}, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
    this.extra = extra
  }
}

export function forbidden(message: string, extra: Extra = {}): HttpError {
  return new HttpError(403, 'FORBIDDEN', message, extra)
}

export function missing(message: string, extra: Extra = {}): HttpError {
  return new HttpError(404, 'NOT_FOUND', message, extra)
}

/** @param errors `<path.with.dots>: <reason>`, with `root` for the whole */
export function invalid(errors: readonly string[]): HttpError {
  const timestamp = new Date().toISOString()
  return new HttpError(400, 'VALIDATION_ERROR', 'The request is not as the contract says', { errors, timestamp })
}

/** The value, as the schema gives it back. Throws 400 VALIDATION_ERROR. */
export function parseInput<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'root'}: ${message}`))
}

/** The same, but with the issues as a list, as §0 of the contract asks of two routes. */
export function parseOrListIssues<T>(schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ code, path, message }) => ({ code, path: path.map(pathPart), message }))
  throw new HttpError(400, 'VALIDATION_ERROR', 'The request is not as the contract says', { details })
}

function pathPart(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? String(part) : part
}

/** Runs `work`; what it did not expect becomes a 500 that repeats `echo`, as the contract wants per endpoint. */
export async function echoing<T>(echo: Extra, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof HttpError) throw cause
    if (cause instanceof StorageError) throw refusedByStorage(cause, echo)
    throw unexpected(cause, echo)
  }
}

function unexpected(cause: unknown, echo: Extra = {}): HttpError {
  if (cause instanceof AuditUnavailable) {
    const details = 'Nothing is done that cannot be put on record; try again'
    return new HttpError(503, 'AUDIT_UNAVAILABLE', 'The audit cannot be written', { details, ...echo }, { cause })
  }
  const details = 'Nothing of the inside is told here; the log of the server names the fault under this requestId'
  return new HttpError(500, 'INTERNAL_ERROR', 'The server failed', { details, ...echo }, { cause })
}

/** Nothing is wrong with the request or with the program; what was asked for is read all the same. */
function refusedByStorage({ problem, message }: StorageError, echo: Extra = {}): HttpError {
  const status = problem === 'full' ? 507 : 503
  return new HttpError(status, `STORAGE_${problem.toUpperCase().replace('-', '_')}`, message, {
    details: message,
    ...echo,
  })
}

/** What Express and its body parser throw: an error with a status. */
const parserError = z.object({ status: z.number().int().min(400).max(499), type: z.string().optional() })

function asHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown
  if (thrown instanceof StorageError) return refusedByStorage(thrown)
  const parsed = parserError.safeParse(thrown)
  if (!parsed.success) return unexpected(thrown)
  const { status, type } = parsed.data
  if (type === 'entity.parse.failed') {
    const details = 'The body must be one JSON value in UTF-8'
    return new HttpError(400, 'INVALID_JSON', 'The body is not JSON', { details })
  }
  if (status === 413) return new HttpError(413, 'PAYLOAD_TOO_LARGE', 'The body is larger than 5 MB')
  if (status === 415) return new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON in UTF-8')
  return new HttpError(status, 'BAD_REQUEST', 'The request cannot be read')
}

/** A fault as the log may show it. The message of a parser quotes what it could not parse, so that one is left out. */
export function describeFault(thrown: unknown): LogFields {
  if (!(thrown instanceof Error)) return { fault: typeof thrown }
  const [, place] = (thrown.stack ?? '').split(/\n\s*at /)
  return { fault: thrown.name, place, ...(!(thrown instanceof SyntaxError) && { message: thrown.message }) }
}

/** To be mounted last: answers whatever was thrown, as JSON, and logs what nobody expected. */
export function answerFailures(log: Log): ErrorRequestHandler {
  // Four parameters are how Express knows a handler of errors.
  return (thrown: unknown, request, response, next) => {
    const failure = asHttpError(thrown)
    const requestId = requestIdOf(request)
    if (failure.status >= 500 && failure.status !== 501) {
      log('rest:failed', { requestId, method: request.method, ...describeFault(failure.cause ?? failure) })
    }
    if (response.headersSent) {
      next(thrown) // Express cuts the connection, so that half a reply does not pass for a whole one
      return
    }
    const { code, message, extra } = failure
    const body: ErrorReply = {
      ...(failure.status === 401 ? { error: 'Unauthorized' } : { error: code, message, ...extra }),
      code,
      requestId,
    }
    if (failure.status === 401) response.set('WWW-Authenticate', 'Bearer')
    response.status(failure.status).json(body)
  }
}

/** To be mounted after all routers. */
export const notFound: RequestHandler = () => {
  throw missing('There is no such route')
}

export const methodNotAllowed: RequestHandler = () => {
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', 'This route does not take this method')
}
