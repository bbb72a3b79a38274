/** The contract of `/api/offline/blobs`, over a real API, a real store of records and a real store of blobs. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MAX_BLOB_BYTES } from '../../../model/blobs/blob.ts'
import { createBlobIndex } from '../../../model/blobs/blobIndex.ts'
import { blobsReply, lookupReply, putBlobReply } from '../../../model/rest/blobs.ts'
import { CHUNK_BYTES, fileBytes } from '../../../server/blobs/blobFile.ts'
import { type BlobStore, openBlobStore } from '../../../server/blobs/blobStore.ts'
import {
  ana,
  call,
  couple,
  create,
  createWedding,
  errorOf,
  get,
  type Member,
  member,
  photographer,
  push,
  startServer,
  stranger,
  type TestServer,
  update,
  vendor,
  viewer,
} from '../rest/support.ts'
import { type Sample, sampleBlob } from './support.ts'

const QUOTA = 12 * 1024 * 1024
let server: TestServer
let store: BlobStore
let wedding: string
const folder = mkdtempSync(join(tmpdir(), 'wedsync-blob-routes-'))

beforeAll(async () => {
  store = await openBlobStore({ folder, key: Buffer.alloc(32, 1), quotaBytes: QUOTA })
  server = await startServer(({ changes }) => ({
    blobs: { store, index: createBlobIndex(changes), transfers: () => [] },
  }))
})
beforeEach(async () => {
  server.freshTeam()
  wedding = await createWedding(server)
})
afterAll(async () => {
  await server.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Sending {
  readonly as?: Member
  readonly headers?: Record<string, string>
  readonly query?: string
}

async function send(path: string, bytes: Uint8Array, { as = ana, headers = {}, query = '' }: Sending = {}) {
  const response = await fetch(`${server.url}/blobs/${path}${query}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${as.name}`, ...headers },
    body: Uint8Array.from(bytes),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as unknown }
}

async function fetchBlob(sha256: string, headers: Record<string, string> = {}, as: Member = ana, method = 'GET') {
  const response = await fetch(`${server.url}/blobs/${sha256}`, {
    method,
    headers: { authorization: `Bearer ${as.name}`, ...headers },
  })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

async function photoOf({ sha256, size }: Sample, data: Record<string, unknown> = {}, table = 'photos') {
  const all = { filename: 'first kiss.jpg', mime: 'image/jpeg', sizeBytes: size, sha256, ...data }
  return create(server, wedding, table, all)
}

describe('PUT /blobs/:sha256', () => {
  it('takes a file at once, and gives it back', async () => {
    const blob = sampleBlob(3 * CHUNK_BYTES + 1)
    await photoOf(blob)
    const reply = await send(blob.sha256, blob.bytes)
    expect(reply.status).toBe(201)
    expect(putBlobReply.parse(reply.body)).toEqual({
      sha256: blob.sha256,
      size: blob.size,
      received: blob.size,
      stored: true,
    })
    const { status, headers, bytes } = await fetchBlob(blob.sha256)
    expect(status).toBe(200)
    expect(bytes.equals(blob.bytes)).toBe(true)
    expect(headers.get('content-length')).toBe(String(blob.size))
  })

  it('takes it in pieces, tells how much has arrived, and where to go on', async () => {
    const blob = sampleBlob(2 * CHUNK_BYTES + 7)
    await photoOf(blob)
    const piece = (start: number, end: number) =>
      send(blob.sha256, blob.bytes.subarray(start, end), {
        headers: { 'content-range': `bytes ${start}-${end - 1}/${blob.size}` },
      })
    const asked = `?size=${blob.size}`
    expect((await fetchBlob(`${blob.sha256}${asked}`, {}, ana, 'HEAD')).headers.get('upload-offset')).toBe('0')
    const first = await piece(0, CHUNK_BYTES)
    expect([first.status, first.body]).toEqual([
      202,
      { sha256: blob.sha256, size: blob.size, received: CHUNK_BYTES, stored: false },
    ])
    const head = await fetchBlob(`${blob.sha256}${asked}`, {}, ana, 'HEAD')
    expect([head.status, head.headers.get('upload-offset')]).toEqual([404, String(CHUNK_BYTES)])
    const wrong = await piece(2 * CHUNK_BYTES, blob.size)
    expect([wrong.status, errorOf(wrong).code]).toEqual([409, 'WRONG_OFFSET'])
    expect(wrong.body).toMatchObject({ received: CHUNK_BYTES })
    expect((await fetchBlob(blob.sha256)).status).toBe(404)
    expect((await piece(CHUNK_BYTES, blob.size)).status).toBe(201)
    const whole = await fetchBlob(blob.sha256, {}, ana, 'HEAD')
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, String(blob.size)])
    // Once more does no harm, and the same bytes for a second record need not be sent.
    expect((await piece(0, CHUNK_BYTES)).body).toMatchObject({ stored: true, received: blob.size })
  })

  it('keeps what had arrived when the line was cut', async () => {
    const blob = sampleBlob(4 * CHUNK_BYTES)
    await photoOf(blob)
    const cutAfter = (ms: number) =>
      new Promise<void>((resolve) => {
        const request = httpRequest(`${server.url}/blobs/${blob.sha256}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${ana.name}`, 'content-length': blob.size },
        })
        request.on('error', () => resolve())
        request.write(blob.bytes.subarray(0, 3 * CHUNK_BYTES), () => setTimeout(() => request.destroy(), ms))
      })
    let received = 0
    // How soon the server reads what was sent is not ours to say: the line is cut later and later, until something has come.
    for (let ms = 50; received === 0 && ms < 10_000; ms *= 2) {
      await cutAfter(ms)
      const { headers } = await fetchBlob(`${blob.sha256}?size=${blob.size}`, {}, ana, 'HEAD')
      received = Number(headers.get('upload-offset'))
    }
    expect(received).toBeGreaterThanOrEqual(CHUNK_BYTES)
    const rest = await send(blob.sha256, blob.bytes.subarray(received), {
      headers: { 'content-range': `bytes ${received}-${blob.size - 1}/${blob.size}` },
    })
    expect(rest.status).toBe(201)
    expect((await fetchBlob(blob.sha256)).bytes.equals(blob.bytes)).toBe(true)
  })

  it.each<{
    what: string
    name?: string
    headers?: Record<string, string>
    query?: string
    status: number
    code: string
  }>([
    { what: 'a name that is no hash', name: 'x', status: 400, code: 'VALIDATION_ERROR' },
    { what: 'a name in capitals', name: 'A'.repeat(64), status: 400, code: 'VALIDATION_ERROR' },
    { what: 'a path', name: '..%2f..%2fkey', status: 400, code: 'VALIDATION_ERROR' },
    { what: 'a range that is none', headers: { 'content-range': 'bytes x' }, status: 400, code: 'BAD_RANGE' },
    { what: 'a range of another length', headers: { 'content-range': 'bytes 0-1/50' }, status: 400, code: 'BAD_RANGE' },
    { what: 'a wedding that is no id', query: '?wedding=1&table=photos', status: 400, code: 'VALIDATION_ERROR' },
    { what: 'a wedding without a table', query: `?wedding=${randomUUID()}`, status: 400, code: 'VALIDATION_ERROR' },
    {
      what: 'a table without bytes',
      query: `?wedding=${randomUUID()}&table=guests`,
      status: 400,
      code: 'VALIDATION_ERROR',
    },
    {
      what: 'more than 200 MiB',
      headers: { 'content-range': `bytes 0-9/${MAX_BLOB_BYTES + 1}` },
      status: 413,
      code: 'BLOB_TOO_LARGE',
    },
    {
      what: 'more than the quota has room for',
      headers: { 'content-range': `bytes 0-9/${QUOTA}` },
      status: 507,
      code: 'BLOB_QUOTA',
    },
  ])('refuses $what with a reason, and keeps nothing', async ({ name, headers = {}, query = '', status, code }) => {
    const blob = sampleBlob(10)
    await photoOf(blob)
    const before = store.usage()
    const reply = await send(name ?? blob.sha256, blob.bytes, { headers, query })
    expect([reply.status, errorOf(reply).code]).toEqual([status, code])
    expect(store.usage()).toEqual(before)
  })

  it('refuses an empty file, and one without a length', async () => {
    const { sha256 } = sampleBlob(10)
    const empty = await send(sha256, Buffer.alloc(0))
    expect([empty.status, errorOf(empty).code]).toEqual([400, 'BAD_RANGE'])
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(`${server.url}/blobs/${sha256}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ana.name}`, 'transfer-encoding': 'chunked' },
      })
      request.on('error', reject)
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.end('abc')
    })
    expect(status).toBe(411)
  })

  it('refuses bytes that are not those of the name', async () => {
    const blob = sampleBlob(100)
    await photoOf(blob)
    const reply = await send(blob.sha256, sampleBlob(100).bytes)
    expect([reply.status, errorOf(reply).code]).toEqual([422, 'HASH_DIFFERS'])
    expect((await fetchBlob(blob.sha256)).status).toBe(404)
    expect((await send(blob.sha256, blob.bytes)).status).toBe(201)
  })
})

describe('[6] who may bring and read a blob', () => {
  it('is who may write and read a record that names it', async () => {
    const photo = sampleBlob(50)
    await photoOf(photo)
    expect((await send(photo.sha256, photo.bytes, { as: viewer })).status).toBe(403)
    expect((await send(photo.sha256, photo.bytes, { as: vendor })).status).toBe(404)
    expect((await send(photo.sha256, photo.bytes, { as: stranger })).status).toBe(404)
    expect((await send(photo.sha256, photo.bytes, { as: photographer })).status).toBe(201)
    const seen = async (as: Member) => (await fetchBlob(photo.sha256, {}, as)).status
    expect(await Promise.all([ana, couple, photographer, viewer].map(seen))).toEqual([200, 200, 200, 200])
    expect(await Promise.all([vendor, stranger].map(seen))).toEqual([404, 404])
  })

  it('of a document that is not shared is who reads what is inner', async () => {
    const [inner, shared] = [sampleBlob(60), sampleBlob(61)]
    await photoOf(inner, { filename: 'contract.pdf', mime: 'application/pdf' }, 'documents')
    await photoOf(shared, { filename: 'menu.pdf', mime: 'application/pdf', shared: true }, 'documents')
    for (const blob of [inner, shared]) expect((await send(blob.sha256, blob.bytes)).status).toBe(201)
    const seen = async ({ sha256 }: Sample, as: Member) => (await fetchBlob(sha256, {}, as)).status
    expect([await seen(inner, couple), await seen(inner, photographer), await seen(inner, viewer)]).toEqual([
      404, 404, 404,
    ])
    expect([await seen(shared, couple), await seen(shared, viewer)]).toEqual([200, 200])
  })

  it('ends with the grant: not in other weddings, and not for a record that was deleted', async () => {
    const photo = sampleBlob(70)
    const id = await photoOf(photo)
    await send(photo.sha256, photo.bytes)
    const elsewhere = member('Elsa', { role: 'planner', weddings: [randomUUID()] })
    server.admit(elsewhere)
    expect((await fetchBlob(photo.sha256, {}, elsewhere)).status).toBe(404)
    await push(server, { changes: [{ action: 'delete', table: 'photos', id }] })
    expect((await fetchBlob(photo.sha256)).status).toBe(404)
  })

  it('takes bytes before their record from who could write it, and shows them to nobody until then', async () => {
    const photo = sampleBlob(80)
    const query = `?wedding=${wedding}&table=photos`
    expect((await send(photo.sha256, photo.bytes)).status).toBe(404)
    for (const as of [viewer, vendor, stranger]) {
      expect((await send(photo.sha256, photo.bytes, { as, query })).status).toBe(403)
    }
    expect((await send(photo.sha256, photo.bytes, { as: photographer, query })).status).toBe(201)
    expect((await fetchBlob(photo.sha256)).status).toBe(404)
    await photoOf(photo)
    expect((await fetchBlob(photo.sha256)).status).toBe(200)
  })

  it('needs a token', async () => {
    for (const method of ['GET', 'PUT', 'HEAD']) {
      const response = await fetch(`${server.url}/blobs/${'a'.repeat(64)}`, { method })
      expect(response.status).toBe(401)
    }
  })
})

describe('GET /blobs/:sha256', () => {
  it('gives ranges', async () => {
    const blob = sampleBlob(CHUNK_BYTES + 100)
    await photoOf(blob)
    await send(blob.sha256, blob.bytes)
    const middle = await fetchBlob(blob.sha256, { range: `bytes=${CHUNK_BYTES - 5}-${CHUNK_BYTES + 4}` })
    expect(middle.status).toBe(206)
    expect(middle.bytes.equals(blob.bytes.subarray(CHUNK_BYTES - 5, CHUNK_BYTES + 5))).toBe(true)
    expect(middle.headers.get('content-range')).toBe(`bytes ${CHUNK_BYTES - 5}-${CHUNK_BYTES + 4}/${blob.size}`)
    const behind = await fetchBlob(blob.sha256, { range: `bytes=${blob.size}-` })
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, `bytes */${blob.size}`])
    const other = await fetchBlob(blob.sha256, { range: 'bytes=0-0', 'if-range': '"other"' })
    expect([other.status, other.bytes.length]).toEqual([200, blob.size])
    const known = await fetchBlob(blob.sha256, { 'if-none-match': `"${blob.sha256}"` })
    expect([known.status, known.bytes.length]).toEqual([304, 0])
  })

  it.each([
    { mime: 'image/png', filename: 'a.png', type: 'image/png', how: "inline; filename*=UTF-8''a.png" },
    {
      mime: 'text/html',
      filename: 'a.html',
      type: 'application/octet-stream',
      how: "attachment; filename*=UTF-8''a.html",
    },
    {
      mime: 'image/svg+xml',
      filename: 'a.svg',
      type: 'application/octet-stream',
      how: "attachment; filename*=UTF-8''a.svg",
    },
    { mime: 'application/pdf', filename: 'a.pdf', type: 'application/pdf', how: "attachment; filename*=UTF-8''a.pdf" },
    { mime: null, filename: 'Müller "&"\r\nX: y/../é.pdf', type: 'application/octet-stream', how: null },
  ])('serves $mime as $type, and lets nothing run', async ({ mime, filename, type, how }) => {
    const blob = sampleBlob(90)
    await photoOf(blob, { mime, filename })
    await send(blob.sha256, blob.bytes)
    const { headers } = await fetchBlob(blob.sha256)
    expect(headers.get('content-type')).toBe(type)
    const disposition = headers.get('content-disposition') ?? ''
    if (how) expect(disposition).toBe(how)
    else expect(disposition).toMatch(/^attachment; filename\*=UTF-8''[\w%.~!-]+$/)
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('private, no-cache')
  })

  it('serves thumbnails as JPEG, and tells of one that has not arrived', async () => {
    const [original, thumbnail] = [sampleBlob(91), sampleBlob(92)]
    await photoOf(original, { thumbnailSha256: thumbnail.sha256, mime: 'image/png' })
    await send(thumbnail.sha256, thumbnail.bytes)
    expect((await fetchBlob(thumbnail.sha256)).headers.get('content-type')).toBe('image/jpeg')
    const missing = await call(server, `/blobs/${original.sha256}`, { as: ana })
    expect([missing.status, errorOf(missing).code]).toEqual([404, 'BLOB_NOT_HERE'])
  })

  it('says that a file is damaged, and wants it again', async () => {
    const blob = sampleBlob(500)
    await photoOf(blob)
    await send(blob.sha256, blob.bytes)
    const file = store.fileOf(blob.sha256) ?? ''
    const content = readFileSync(file)
    content.fill(0, content.length - 20)
    writeFileSync(file, content)
    const reply = await call(server, `/blobs/${blob.sha256}`, { as: ana })
    expect([reply.status, errorOf(reply).code]).toEqual([503, 'BLOB_DAMAGED'])
    expect((await call(server, `/blobs/${blob.sha256}`, { as: ana })).status).toBe(404)
    expect((await send(blob.sha256, blob.bytes)).status).toBe(201)
  })
})

describe('POST /blobs/lookup', () => {
  const lookUp = (hashes: unknown, as: Member = ana) =>
    call(server, '/blobs/lookup', { method: 'POST', as, body: { hashes } })

  it('tells which are here and which are wanted, of those that the caller may know of', async () => {
    const [here, wanted, unknown] = [sampleBlob(100), sampleBlob(101), sampleBlob(102)]
    const hashes = [here, wanted, unknown].map(({ sha256 }) => sha256)
    await photoOf(here)
    const id = await photoOf(wanted)
    await send(here.sha256, here.bytes)
    const asked = async (as: Member) => lookupReply.parse((await lookUp(hashes, as)).body)
    expect(await asked(ana)).toEqual({ present: [here.sha256], missing: [wanted.sha256] })
    expect(await asked(viewer)).toEqual({ present: [here.sha256], missing: [] })
    expect(await asked(stranger)).toEqual({ present: [], missing: [] })
    await update(server, 'photos', id, { sha256: unknown.sha256 })
    expect(await asked(ana)).toEqual({ present: [here.sha256], missing: [unknown.sha256] })
  })

  it.each([undefined, 'x', ['x'], Array(1_001).fill('a'.repeat(64))])('refuses other bodies', async (hashes) => {
    const reply = await lookUp(hashes)
    expect([reply.status, errorOf(reply).code]).toEqual([400, 'VALIDATION_ERROR'])
  })
})

describe('GET /blobs', () => {
  it('tells the room and what is missing', async () => {
    const before = await get(server, blobsReply, '/blobs')
    const [here, lacking] = [sampleBlob(1_000), sampleBlob(1_001)]
    for (const blob of [here, lacking]) await photoOf(blob)
    await send(here.sha256, here.bytes)
    const after = await get(server, blobsReply, '/blobs')
    expect(after.usedBytes - before.usedBytes).toBe(fileBytes(here.size))
    expect(after.here - before.here).toBe(1)
    expect(after.missing - before.missing).toBe(1)
    expect(after.quotaBytes).toBe(QUOTA)
    expect((await call(server, '/blobs', { method: 'DELETE', as: ana })).status).toBe(405)
  })
})
