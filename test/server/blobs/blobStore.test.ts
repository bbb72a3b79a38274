import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MAX_BLOB_BYTES } from '../../../model/blobs/blob.ts'
import { CHUNK_BYTES, fileBytes, HEADER_BYTES, plainBytes, SEALED_CHUNK_BYTES } from '../../../server/blobs/blobFile.ts'
import { filesBelow, folderForTest, kindOf, MIB, put, readAll, sampleBlob, storeForTest } from './support.ts'

const AT_BORDERS = [1, 15, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17]

describe('a store of blobs', () => {
  it.each(AT_BORDERS)('gives back %i bytes as they were, also after it was closed', async (size) => {
    const blob = sampleBlob(size)
    const folder = folderForTest()
    const store = await storeForTest({ folder })
    await put(store, blob)
    expect(store.size(blob.sha256)).toBe(size)
    expect(await readAll(store, blob.sha256)).toEqual(blob.bytes)
    await store.close()
    const again = await storeForTest({ folder })
    expect(again.size(blob.sha256)).toBe(size)
    expect(await readAll(again, blob.sha256)).toEqual(blob.bytes)
  })

  it('gives back any range', async () => {
    const blob = sampleBlob(3 * CHUNK_BYTES + 17)
    const store = await storeForTest()
    await put(store, blob)
    for (const [start, end] of [
      [0, 1],
      [CHUNK_BYTES - 1, CHUNK_BYTES + 1],
      [CHUNK_BYTES, 2 * CHUNK_BYTES],
      [5, blob.size],
      [blob.size - 1, blob.size],
    ] as const) {
      expect(await readAll(store, blob.sha256, { start, end })).toEqual(blob.bytes.subarray(start, end))
    }
  })

  it('has nothing of the bytes or of their name on disk, neither whole nor arriving', async () => {
    const whole = sampleBlob(2 * CHUNK_BYTES + 5)
    const arriving = sampleBlob(3 * CHUNK_BYTES)
    const store = await storeForTest()
    await put(store, whole)
    await store.write(arriving, 0, [arriving.bytes.subarray(0, CHUNK_BYTES + 100)])
    const files = filesBelow(store.folder)
    expect(files.size).toBe(2)
    for (const [file, content] of files) {
      for (const { bytes, sha256 } of [whole, arriving]) {
        for (let at = 0; at + 16 <= bytes.length; at += 1_000)
          expect(content.includes(bytes.subarray(at, at + 16))).toBe(false)
        expect(file).not.toContain(sha256)
        expect(content.includes(Buffer.from(sha256, 'hex'))).toBe(false)
        expect(content.includes(sha256)).toBe(false)
      }
    }
  })

  it('keeps the same bytes once', async () => {
    const blob = sampleBlob(1_000)
    const store = await storeForTest()
    await put(store, blob)
    const { usedBytes } = store.usage()
    await put(store, blob)
    expect(store.usage()).toMatchObject({ usedBytes, blobs: 1, drafts: 0 })
    expect(filesBelow(store.folder).size).toBe(1)
  })

  it('two who send the same blob at once end with one, whole', async () => {
    const blob = sampleBlob(5 * CHUNK_BYTES)
    const store = await storeForTest()
    const both = await Promise.all([store.write(blob, 0, [blob.bytes]), store.write(blob, 0, [blob.bytes])])
    expect(both.map(kindOf)).toEqual(['ok', 'ok'])
    expect(await readAll(store, blob.sha256)).toEqual(blob.bytes)
  })

  it('whoever sends a blob anew goes first, and the line of the one before is ended', async () => {
    const blob = sampleBlob(2 * CHUNK_BYTES)
    const store = await storeForTest()
    const stuck = Promise.withResolvers<void>()
    const overtaken = Promise.withResolvers<void>()
    async function* line(): AsyncGenerator<Uint8Array> {
      yield blob.bytes.subarray(0, CHUNK_BYTES)
      stuck.resolve()
      await overtaken.promise
      throw new Error('the line was ended')
    }
    const first = store.write(blob, 0, line(), overtaken.resolve)
    await stuck.promise
    const second = await store.write(blob, 0, [blob.bytes])
    expect(await first).toEqual({ ok: false, error: { kind: 'cut', received: CHUNK_BYTES } })
    expect(second).toEqual({ ok: false, error: { kind: 'wrong-offset', received: CHUNK_BYTES } })
    await store.write(blob, CHUNK_BYTES, [blob.bytes.subarray(CHUNK_BYTES)])
    expect(await readAll(store, blob.sha256)).toEqual(blob.bytes)
  })
})

describe('what arrives in pieces', () => {
  it('goes on where it ended, in the same process and after a restart', async () => {
    const blob = sampleBlob(4 * CHUNK_BYTES + 9)
    const folder = folderForTest()
    const store = await storeForTest({ folder })
    const half = 2 * CHUNK_BYTES
    expect(await store.write(blob, 0, [blob.bytes.subarray(0, half)])).toEqual({
      ok: true,
      value: { received: half, whole: false },
    })
    expect(await store.received(blob)).toBe(half)
    expect(store.size(blob.sha256)).toBeUndefined()
    await store.close()
    const again = await storeForTest({ folder })
    expect(await again.received(blob)).toBe(half)
    expect(kindOf(await again.write(blob, half, [blob.bytes.subarray(half)]))).toBe('ok')
    expect(await readAll(again, blob.sha256)).toEqual(blob.bytes)
    expect(again.usage().drafts).toBe(0)
  })

  it.each([
    { what: 'half a chunk at the end', damage: (file: string, length: number) => truncateSync(file, length - 100) },
    {
      what: 'zeros where the last chunk should be',
      damage: (file: string, length: number) => {
        const content = readFileSync(file)
        content.fill(0, length - SEALED_CHUNK_BYTES)
        writeFileSync(file, content)
      },
    },
  ])('goes on before $what, as a crash leaves it', async ({ damage }) => {
    const blob = sampleBlob(4 * CHUNK_BYTES)
    const folder = folderForTest()
    const store = await storeForTest({ folder })
    await store.write(blob, 0, [blob.bytes.subarray(0, 3 * CHUNK_BYTES)])
    await store.close()
    const [[file, content] = ['', Buffer.alloc(0)]] = filesBelow(folder)
    damage(file, content.length)
    const again = await storeForTest({ folder })
    expect(await again.received(blob)).toBe(2 * CHUNK_BYTES)
    await again.write(blob, 2 * CHUNK_BYTES, [blob.bytes.subarray(2 * CHUNK_BYTES)])
    expect(await readAll(again, blob.sha256)).toEqual(blob.bytes)
  })

  it('a source that breaks costs no more than the chunk it was in', async () => {
    const blob = sampleBlob(4 * CHUNK_BYTES)
    const store = await storeForTest()
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield blob.bytes.subarray(0, 2 * CHUNK_BYTES + 50)
      throw new Error('the line is cut')
    }
    const cut = await store.write(blob, 0, breaking())
    expect(cut).toEqual({ ok: false, error: { kind: 'cut', received: 2 * CHUNK_BYTES } })
    expect(kindOf(await store.write(blob, 2 * CHUNK_BYTES, [blob.bytes.subarray(2 * CHUNK_BYTES)]))).toBe('ok')
  })

  it('says where to go on to whoever begins elsewhere', async () => {
    const blob = sampleBlob(3 * CHUNK_BYTES)
    const store = await storeForTest()
    await store.write(blob, 0, [blob.bytes.subarray(0, CHUNK_BYTES)])
    for (const offset of [0, 5, 2 * CHUNK_BYTES]) {
      const refused = await store.write(blob, offset, [blob.bytes.subarray(offset)])
      expect(refused).toEqual({ ok: false, error: { kind: 'wrong-offset', received: CHUNK_BYTES } })
    }
  })

  it('refuses bytes that are not those of the name, and keeps none of them', async () => {
    const blob = sampleBlob(CHUNK_BYTES + 3)
    const store = await storeForTest()
    const other = sampleBlob(blob.size)
    expect(await store.write(blob, 0, [other.bytes])).toEqual({ ok: false, error: { kind: 'hash-differs' } })
    expect(store.usage()).toMatchObject({ usedBytes: 0, blobs: 0, drafts: 0 })
    expect(filesBelow(store.folder).size).toBe(0)
    await put(store, blob)
  })

  it('refuses more bytes than were announced', async () => {
    const blob = sampleBlob(CHUNK_BYTES)
    const store = await storeForTest()
    expect(kindOf(await store.write(blob, 0, [blob.bytes, Buffer.alloc(1)]))).toBe('too-many-bytes')
    expect(store.size(blob.sha256)).toBeUndefined()
  })
})

describe('the quota', () => {
  it('counts what is announced, and refuses the blob that does not fit before a byte of it is written', async () => {
    const [small, large, other] = [sampleBlob(1_000), sampleBlob(2 * CHUNK_BYTES), sampleBlob(CHUNK_BYTES)]
    const quotaBytes = fileBytes(small.size) + fileBytes(large.size)
    const store = await storeForTest({ quotaBytes })
    await put(store, small)
    await store.write(large, 0, [large.bytes.subarray(0, CHUNK_BYTES)])
    expect(await store.write(other, 0, [other.bytes])).toEqual({
      ok: false,
      error: { kind: 'quota', quotaBytes, freeBytes: 0 },
    })
    expect(filesBelow(store.folder).size).toBe(2)
    // What has begun fits, and nothing that is here was given up for it.
    await store.write(large, CHUNK_BYTES, [large.bytes.subarray(CHUNK_BYTES)])
    expect(await readAll(store, large.sha256)).toEqual(large.bytes)
    expect(await readAll(store, small.sha256)).toEqual(small.bytes)
    expect(store.usage()).toEqual({ usedBytes: quotaBytes, quotaBytes, blobs: 2, drafts: 0 })
  })

  it('refuses a blob of more than 200 MiB whatever room there is', async () => {
    const store = await storeForTest({ quotaBytes: 10 * MAX_BLOB_BYTES })
    const sha256 = 'a'.repeat(64)
    expect(await store.write({ sha256, size: MAX_BLOB_BYTES + 1 }, 0, [])).toEqual({
      ok: false,
      error: { kind: 'too-large', limitBytes: MAX_BLOB_BYTES },
    })
    expect(kindOf(await store.write({ sha256, size: MAX_BLOB_BYTES }, 0, []))).toBe('ok')
  })
})

describe('damage', () => {
  const size = 3 * CHUNK_BYTES + 200
  const places = [0, 10, 20, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + CHUNK_BYTES + 3, fileBytes(size) - 1]

  it.each(places)('of the byte at %i is noticed, set aside, and healed by the bytes coming again', async (at) => {
    const blob = sampleBlob(size)
    const store = await storeForTest()
    await put(store, blob)
    const file = store.fileOf(blob.sha256) ?? ''
    const content = readFileSync(file)
    content.writeUInt8(content.readUInt8(at) ^ 1, at)
    writeFileSync(file, content)
    let changes = 0
    store.subscribe(() => changes++)
    const read = await readAll(store, blob.sha256).catch((error: unknown) => String(error))
    expect(read).toMatch(/damaged/)
    expect(store.size(blob.sha256)).toBeUndefined()
    expect(changes).toBe(1)
    expect([...filesBelow(store.folder).keys()].map((path) => dirname(path))).toEqual([join(store.folder, 'damaged')])
    await put(store, blob)
    expect(await readAll(store, blob.sha256)).toEqual(blob.bytes)
  })

  it('a file in the place of another is noticed', async () => {
    const [one, two] = [sampleBlob(500), sampleBlob(500)]
    const store = await storeForTest()
    await put(store, one)
    await put(store, two)
    writeFileSync(store.fileOf(one.sha256) ?? '', readFileSync(store.fileOf(two.sha256) ?? ''))
    expect(await readAll(store, one.sha256)).toBe('damaged')
    expect(await readAll(store, two.sha256)).toEqual(two.bytes)
  })

  it('a shorter file is noticed, also when whole chunks are missing', async () => {
    const blob = sampleBlob(2 * CHUNK_BYTES)
    const folder = folderForTest()
    const store = await storeForTest({ folder })
    await put(store, blob)
    truncateSync(store.fileOf(blob.sha256) ?? '', HEADER_BYTES + SEALED_CHUNK_BYTES)
    expect(await readAll(store, blob.sha256)).toBe('damaged')
    await put(store, blob)
    truncateSync(store.fileOf(blob.sha256) ?? '', 20)
    await store.close()
    expect((await storeForTest({ folder })).size(blob.sha256)).toBeUndefined()
  })

  it('a file that somebody has removed is missing, and no more than that', async () => {
    const blob = sampleBlob(500)
    const store = await storeForTest()
    await put(store, blob)
    rmSync(store.fileOf(blob.sha256) ?? '')
    expect(await readAll(store, blob.sha256)).toBe('not-here')
    await put(store, blob)
  })

  it('another key opens nothing', async () => {
    const blob = sampleBlob(500)
    const folder = folderForTest()
    await put(await storeForTest({ folder }), blob)
    const other = await storeForTest({ folder, key: Buffer.alloc(32, 8) })
    expect(other.size(blob.sha256)).toBeUndefined()
  })
})

describe('sweeping', () => {
  const HOUR_MS = 3_600_000

  it('removes what nobody names and nobody has touched for a while, blobs and drafts, and nothing else', async () => {
    const [named, young, old, draft, youngDraft] = [1, 2, 3, 4, 5].map((kib) => sampleBlob(kib * 1024))
    if (!named || !young || !old || !draft || !youngDraft) throw new Error('five were asked for')
    const store = await storeForTest()
    for (const blob of [named, young, old]) await put(store, blob)
    for (const blob of [draft, youngDraft]) await store.write(blob, 0, [blob.bytes.subarray(0, 10)])
    const longAgo = new Date(Date.now() - 2 * HOUR_MS)
    for (const blob of [named, old]) utimesSync(store.fileOf(blob.sha256) ?? '', longAgo, longAgo)
    for (const file of filesBelow(join(store.folder, 'drafts')).keys()) {
      if (file.endsWith(`-${draft.size}`)) utimesSync(file, longAgo, longAgo)
    }
    const swept = await store.sweep([named.sha256], Date.now() - HOUR_MS)
    expect(swept).toEqual({ removed: 1, removedBytes: fileBytes(old.size) })
    expect([named, young, old].map(({ sha256 }) => store.size(sha256) !== undefined)).toEqual([true, true, false])
    expect(store.usage()).toMatchObject({ blobs: 2, drafts: 1 })
  })
})

describe('length of a file', () => {
  it('tells the size of its blob, and a length that no blob has tells none', () => {
    for (const size of [...AT_BORDERS, MIB, MAX_BLOB_BYTES]) expect(plainBytes(fileBytes(size))).toBe(size)
    expect([0, HEADER_BYTES, HEADER_BYTES + 16, HEADER_BYTES + SEALED_CHUNK_BYTES + 16].map(plainBytes)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
