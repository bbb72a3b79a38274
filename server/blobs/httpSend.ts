/** Requests of a blob transfer, from Node: to the one certificate of the hub, or to the cloud by the usual authorities. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { finished } from 'node:stream/promises'
import type { HttpReply, HttpRequest, Send } from '../../model/blobs/remote.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { type PinOptions, pinnedAgent } from '../identity/pinned.ts'

export interface HttpTarget {
  readonly url: string
  /** The only certificate to talk to. Without it the usual authorities decide. */
  readonly fingerprint?: string
  /** Shown to a pinned peer, which then knows which device asks. */
  readonly own?: PinOptions['own']
  readonly token: string
}

/** For one piece; a line that does not carry 1 MiB in this time is no line. */
const TIMEOUT_MS = 60_000

/** @param target asked before every request, since a hub may move and a token is renewed */
export function httpSend(target: () => Promise<HttpTarget | undefined>): Send {
  return async (request) => {
    const found = await target()
    if (!found) return err('no address is known')
    const abort = AbortSignal.timeout(TIMEOUT_MS)
    const sent = open(found, request, abort)
    try {
      const response = await replyTo(sent, request.body)
      return await read(response, request.maxReplyBytes)
    } catch (cause) {
      return err(cause instanceof Error ? cause.message : 'no answer')
    } finally {
      sent.destroy()
    }
  }
}

function open({ url, fingerprint, own, token }: HttpTarget, request: HttpRequest, signal: AbortSignal): ClientRequest {
  const address = new URL(`/api/offline/${request.path}`, url)
  const send = address.protocol === 'https:' ? httpsRequest : httpRequest
  return send(address, {
    method: request.method,
    headers: {
      ...request.headers,
      Authorization: `Bearer ${token}`,
      ...(request.body && { 'Content-Length': request.body.length }),
    },
    agent: fingerprint === undefined ? false : pinnedAgent(fingerprint, { own }),
    signal,
  })
}

function replyTo(sent: ClientRequest, body: Uint8Array | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', resolve)
    sent.end(body)
  })
}

async function read(response: IncomingMessage, maxBytes: number): Promise<Result<HttpReply, string>> {
  const chunks: Uint8Array[] = []
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) response.destroy(new Error('the answer is longer than it may be'))
    else chunks.push(chunk)
  })
  await finished(response)
  const body = Buffer.concat(chunks)
  return ok({
    status: response.statusCode ?? 0,
    header(name) {
      const value = response.headers[name.toLowerCase()]
      return Array.isArray(value) ? value[0] : value
    },
    body,
    text: () => body.toString('utf8'),
  })
}
