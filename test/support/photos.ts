/** Photos as the app's window puts and gets them. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { push } from './teamCalls.ts'
import { type Ready, rest } from './wedsync.ts'

export const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Puts bytes and then the record that names them, as the app's window does. @returns the record's id */
export async function addPhoto(ready: Ready, weddingId: string, bytes: Buffer, filename: string): Promise<string> {
  const sha256 = hashOf(bytes)
  const url = `${ready.url}/api/offline/blobs/${sha256}?wedding=${weddingId}&table=photos`
  const headers = { Authorization: `Bearer ${ready.token}` }
  const reply = await fetch(url, { method: 'PUT', headers, body: Uint8Array.from(bytes) })
  expect(reply.status, await reply.text()).toBe(201)
  const id = crypto.randomUUID()
  const data = { wedding_id: weddingId, filename, mime: 'image/jpeg', sizeBytes: bytes.length, sha256 }
  await push(rest(ready.url, ready.token), [
    { action: 'create', table: 'photos', id, data: { ...data, uploadState: 'pending' } },
  ])
  return id
}

/** The hash of the bytes that this server gives out, or the status of its refusal. */
export async function hashAt(ready: Ready, sha256: string): Promise<string | number> {
  const headers = { Authorization: `Bearer ${ready.token}` }
  const reply = await fetch(`${ready.url}/api/offline/blobs/${sha256}`, { headers })
  const bytes = Buffer.from(await reply.arrayBuffer())
  return reply.status === 200 ? hashOf(bytes) : reply.status
}
