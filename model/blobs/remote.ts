/** The other side of a transfer, and how it is spoken to over HTTP (`model/rest/blobs.ts`). */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { z } from 'zod'
import { type LookupReply, lookupReply, putBlobReply, RECEIVED_HEADER } from '../rest/blobs.ts'
import { errorReply } from '../rest/error.ts'
import { err, ok, type Result } from '../result.ts'
import { type ByteRange, formatContentRange, formatRange } from './ranges.ts'

/** A blob whose size is known. */
export interface SizedBlob {
  readonly sha256: string
  /** In bytes. */
  readonly size: number
}

export type RemoteError =
  /** No answer, or none that could be understood: try again later. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** An answer, and it is no. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string }
  /** The bytes did not begin where the peer's end. */
  | { readonly kind: 'wrong-offset'; readonly received: number }

export interface BlobRemote {
  /** @param hashes up to `MAX_LOOKUP` */
  lookUp(hashes: readonly string[]): Promise<Result<LookupReply, RemoteError>>
  /** How much of it has arrived there; all of it if the peer has it whole. */
  received(blob: SizedBlob): Promise<Result<number, RemoteError>>
  /** Its size, if the peer has it whole. */
  size(sha256: string): Promise<Result<number | undefined, RemoteError>>
  /** @returns how much has arrived there by now */
  put(blob: SizedBlob, start: number, bytes: Uint8Array): Promise<Result<number, RemoteError>>
  get(sha256: string, range: ByteRange): Promise<Result<Uint8Array, RemoteError>>
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT'
  /** Below `/api/offline/`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** A longer reply is not read, and counts as none. */
  readonly maxReplyBytes: number
}

export interface HttpReply {
  readonly status: number
  header(name: string): string | undefined
  readonly body: Uint8Array
  /** The body, read as UTF-8. */
  text(): string
}

/** Sends one request, with whatever token and certificate it needs; an error says in words why there is no reply. */
export type Send = (request: HttpRequest) => Promise<Result<HttpReply, string>>

const MAX_JSON_BYTES = 512 * 1024
const JSON_TYPE = { 'Content-Type': 'application/json' }

export function httpBlobRemote(send: Send): BlobRemote {
  async function call(request: HttpRequest): Promise<Result<HttpReply, RemoteError>> {
    const reply = await send(request)
    return reply.ok ? reply : err({ kind: 'unreachable', message: reply.error })
  }

  function parse<T>(schema: z.ZodType<T>, reply: HttpReply): Result<T, RemoteError> {
    const parsed = schema.safeParse(parseJson(reply.text()))
    return parsed.success ? ok(parsed.data) : err({ kind: 'unreachable', message: 'the answer is not understood' })
  }

  function refusal(reply: HttpReply): RemoteError {
    const said = errorReply.safeParse(parseJson(reply.text())).data
    if (said?.code === 'WRONG_OFFSET' && typeof said.received === 'number') {
      return { kind: 'wrong-offset', received: said.received }
    }
    // Busy, overloaded or restarting is not a no.
    if (said === undefined || [408, 425, 429, 502, 503, 504].includes(reply.status)) {
      return { kind: 'unreachable', message: said?.message ?? `the peer answers with status ${reply.status}` }
    }
    return { kind: 'refused', status: reply.status, code: said.code, message: said.message ?? said.error }
  }

  async function head(path: string): Promise<Result<HttpReply, RemoteError>> {
    const reply = await call({ method: 'HEAD', path, headers: {}, maxReplyBytes: 0 })
    if (!reply.ok || reply.value.status === 200 || reply.value.status === 404) return reply
    // An answer to HEAD has no body to tell more.
    const { status } = reply.value
    if (status >= 500) return err({ kind: 'unreachable', message: `the peer answers with status ${status}` })
    return err({ kind: 'refused', status, code: 'REFUSED', message: `the peer refuses with status ${status}` })
  }

  return {
    async lookUp(hashes) {
      const body = utf8ToBytes(JSON.stringify({ hashes }))
      const request = { method: 'POST', path: 'blobs/lookup', headers: JSON_TYPE, body } as const
      const reply = await call({ ...request, maxReplyBytes: MAX_JSON_BYTES })
      if (!reply.ok) return reply
      return reply.value.status === 200 ? parse(lookupReply, reply.value) : err(refusal(reply.value))
    },

    async received({ sha256, size }) {
      const reply = await head(`blobs/${sha256}?size=${size}`)
      if (!reply.ok) return reply
      return ok(reply.value.status === 200 ? size : Number(reply.value.header(RECEIVED_HEADER) ?? 0))
    },

    async size(sha256) {
      const reply = await head(`blobs/${sha256}`)
      if (!reply.ok) return reply
      return ok(reply.value.status === 200 ? Number(reply.value.header('Content-Length')) : undefined)
    },

    async put(blob, start, bytes) {
      const range = formatContentRange({ start, end: start + bytes.length, size: blob.size })
      const headers = { 'Content-Type': 'application/octet-stream', 'Content-Range': range }
      const path = `blobs/${blob.sha256}`
      const reply = await call({ method: 'PUT', path, headers, body: bytes, maxReplyBytes: MAX_JSON_BYTES })
      if (!reply.ok) return reply
      if (reply.value.status !== 201 && reply.value.status !== 202) return err(refusal(reply.value))
      const parsed = parse(putBlobReply, reply.value)
      return parsed.ok ? ok(parsed.value.received) : parsed
    },

    async get(sha256, range) {
      const length = range.end - range.start
      const headers = { Range: formatRange(range) }
      const maxReplyBytes = Math.max(length, MAX_JSON_BYTES)
      const reply = await call({ method: 'GET', path: `blobs/${sha256}`, headers, maxReplyBytes })
      if (!reply.ok) return reply
      const { status, body } = reply.value
      if (status !== 206) return err(refusal(reply.value))
      return body.length === length ? ok(body) : err({ kind: 'unreachable', message: 'the answer was cut' })
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON is no answer that could be understood
  }
}
