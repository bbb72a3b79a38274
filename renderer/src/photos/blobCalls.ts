/** Calls about blobs to the server that gave this page. */
import type { Send } from '../../../model/blobs/remote.ts'
import { errorReply } from '../../../model/rest/error.ts'
import { err, ok } from '../../../model/result.ts'
import type { BlobPlace } from './files.ts'

const TIMEOUT_MS = 60_000

function addressOf(name: string): string {
  return `/api/offline/blobs/${name}`
}

/** The bytes; `undefined` if the server does not have them (yet), or may not show them. @param origin of the server */
export async function fetchBlob(token: string, name: string, origin = ''): Promise<Blob | undefined> {
  const response = await fetch(`${origin}${addressOf(name)}`, { headers: { Authorization: `Bearer ${token}` } })
  if (response.status === 404 || response.status === 503) return undefined
  if (!response.ok) throw new Error(`the server answers with status ${response.status}`)
  return response.blob()
}

/** Sends all bytes at once, for a server on this same computer. Rejects with what it said if it refuses them. */
export async function putBlob(token: string, bytes: Blob, name: string, { wedding, table }: BlobPlace): Promise<void> {
  const response = await fetch(`${addressOf(name)}?${new URLSearchParams({ wedding, table })}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/octet-stream' },
    body: bytes,
  })
  if (response.ok) return
  const said = errorReply.safeParse(await response.json()).data
  throw new Error(said?.message ?? `the server answers with status ${response.status}`)
}

/** Requests of a transfer, from a browser. @param origin of the server at the moment */
export function browserSend(token: string, origin: () => string): Send {
  return async ({ method, path, headers, body }) => {
    try {
      const response = await fetch(`${origin()}/api/offline/${path}`, {
        method,
        headers: { ...headers, Authorization: `Bearer ${token}` },
        ...(body && { body: Uint8Array.from(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return ok({
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: bytes,
        text: () => new TextDecoder().decode(bytes),
      })
    } catch (cause) {
      return err(cause instanceof Error ? cause.message : 'no answer')
    }
  }
}
