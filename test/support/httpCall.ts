/** Requests as `fetch` does not let one make them: to a pinned certificate, with a Host of one's own, or broken. */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type PinOptions, pinnedAgent } from '../../server/identity/pinned.ts'

export interface HttpCall {
  readonly method?: string
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Of the certificate that must answer; for `https:` only. */
  readonly fingerprint?: string | undefined
  /** Shown to whoever answers. */
  readonly own?: PinOptions['own']
}

export interface HttpAnswer {
  readonly status: number
  /** `undefined` if the answer is not JSON. */
  readonly body: unknown
}

export function httpCall(url: string, { method = 'GET', token, headers, body, fingerprint, own }: HttpCall = {}) {
  const options = {
    method,
    headers: {
      // A server that refuses early reads the rest of the body only from a client that has not asked it to close.
      Connection: 'keep-alive',
      ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    agent: fingerprint === undefined ? (false as const) : pinnedAgent(fingerprint, { own }),
  }
  return new Promise<HttpAnswer>((resolve, reject) => {
    const request = (fingerprint === undefined ? requestHttp : requestHttps)(url, options)
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString()) })
        request.destroy()
      })
    })
    request.end(body)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
