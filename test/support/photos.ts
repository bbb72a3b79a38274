/** Photos as the app's window puts and gets them, and as people choose them in it. */
import { createHash, randomBytes } from 'node:crypto'
import type { Page } from 'playwright'
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

/** A picture that every browser can read: BMP, 24 bits, noise. */
export function picture(width: number, height: number): Buffer {
  const rowBytes = Math.ceil((width * 3) / 4) * 4
  const header = Buffer.alloc(54)
  header.write('BM')
  header.writeUInt32LE(54 + rowBytes * height, 2)
  header.writeUInt32LE(54, 10)
  header.writeUInt32LE(40, 14)
  header.writeInt32LE(width, 18)
  header.writeInt32LE(height, 22)
  header.writeUInt16LE(1, 26)
  header.writeUInt16LE(24, 28)
  return Buffer.concat([header, randomBytes(rowBytes * height)])
}

/** Presses the button, and chooses these files in what it opens. */
export async function choose(
  page: Page,
  button: string,
  files: readonly { name: string; mimeType: string; buffer: Buffer }[],
) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: button }).click(),
  ])
  await chooser.setFiles([...files])
}
