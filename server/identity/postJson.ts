/** A small JSON client: one POST, one bounded reply, every expected failure a value. Redirects are not followed. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { err, ok, type Result } from '../../model/result.ts'
import { PinError, type PinOptions, pinnedAgent } from './pinned.ts'

export interface PostOptions {
  /** The only certificate to talk to. Without it the usual authorities decide. */
  readonly fingerprint?: string | undefined
  /** Shown to a pinned peer, which then knows which device asks. */
  readonly own?: PinOptions['own']
  /** Sent as bearer token. */
  readonly token?: string | undefined
  /** For everything: connecting, sending, and the reply to its end. */
  readonly timeoutMs: number
}

export interface JsonReply {
  readonly status: number
  /** `undefined` if the reply was empty. */
  readonly body: unknown
}

export type RequestError =
  | { readonly kind: 'bad-url'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'timeout'; readonly timeoutMs: number }
  | { readonly kind: 'wrong-certificate'; readonly expected: string; readonly actual: string | undefined }
  | { readonly kind: 'reply-too-large'; readonly limitBytes: number }
  | { readonly kind: 'reply-not-json'; readonly status: number }

export const MAX_REPLY_BYTES = 1024 * 1024

/** @param body anything that JSON can say */
export function postJson(url: string, body: unknown, options: PostOptions): Promise<Result<JsonReply, RequestError>> {
  const target = URL.parse(url)
  const problem = urlProblem(target, options.fingerprint)
  if (target === null || problem !== undefined) {
    return Promise.resolve(err({ kind: 'bad-url', detail: problem ?? 'not an address' }))
  }
  const { promise, resolve } = Promise.withResolvers<Result<JsonReply, RequestError>>()
  const payload = Buffer.from(JSON.stringify(body))
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest
  const request = send(target, requestOptions(payload, options))
  const settle = (result: Result<JsonReply, RequestError>): void => {
    clearTimeout(timer)
    resolve(result)
    request.destroy()
  }
  const { timeoutMs } = options
  const timer = setTimeout(() => settle(err({ kind: 'timeout', timeoutMs })), timeoutMs)
  const onError = (error: Error): void => settle(err(toRequestError(error)))
  request.on('error', onError)
  request.on('response', (response) => {
    response.on('error', onError)
    readReply(response, settle)
  })
  request.end(payload)
  return promise
}

function urlProblem(url: URL | null, fingerprint: string | undefined): string | undefined {
  if (url === null) return 'not an address'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `${url.protocol} is not http or https`
  if (fingerprint !== undefined && url.protocol !== 'https:') return 'a pinned address must be https'
  return undefined
}

function requestOptions(payload: Buffer, { fingerprint, own, token, timeoutMs }: PostOptions): RequestOptions {
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': payload.length,
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    agent: fingerprint === undefined ? false : pinnedAgent(fingerprint, { own, timeoutMs }),
  }
}

function readReply(response: IncomingMessage, settle: (result: Result<JsonReply, RequestError>) => void): void {
  const status = response.statusCode ?? 0
  const chunks: Buffer[] = []
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_REPLY_BYTES) settle(err({ kind: 'reply-too-large', limitBytes: MAX_REPLY_BYTES }))
    else chunks.push(chunk)
  })
  response.on('end', () => settle(parseReply(status, Buffer.concat(chunks).toString('utf8'))))
}

function parseReply(status: number, text: string): Result<JsonReply, RequestError> {
  if (text === '') return ok({ status, body: undefined })
  try {
    const body: unknown = JSON.parse(text)
    return ok({ status, body })
  } catch (error) {
    if (error instanceof SyntaxError) return err({ kind: 'reply-not-json', status })
    throw error
  }
}

function toRequestError(error: Error): RequestError {
  if (error instanceof PinError) {
    return { kind: 'wrong-certificate', expected: error.expected, actual: error.actual }
  }
  // Several addresses of one name that all failed come as one error without a message.
  const detail = error.message || ('code' in error ? String(error.code) : error.name)
  return { kind: 'unreachable', detail }
}
