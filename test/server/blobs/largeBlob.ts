/**
 * A process of its own that stores a blob of 200 MiB and reads it back, for the test that watches its memory. Prints JSON:
 * the memory before, the most that it had, and whether the bytes were the same.
 */
import { createCipheriv, createHash } from 'node:crypto'
import { MAX_BLOB_BYTES, PIECE_BYTES } from '../../../model/blobs/blob.ts'
import { openBlobStore } from '../../../server/blobs/blobStore.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('give me a folder')

/** The same bytes at every run, and none of them twice. */
function* bytes(): Generator<Uint8Array> {
  const stream = createCipheriv('aes-256-ctr', Buffer.alloc(32, 5), Buffer.alloc(16))
  const zeros = Buffer.alloc(PIECE_BYTES)
  for (let sent = 0; sent < MAX_BLOB_BYTES; sent += PIECE_BYTES) yield stream.update(zeros)
}

function* firstOf(source: Iterator<Uint8Array>, length: number): Generator<Uint8Array> {
  for (let given = 0; given < length; given += PIECE_BYTES) yield source.next().value
}

const hash = createHash('sha256')
for (const piece of bytes()) hash.update(piece)
const sha256 = hash.digest('hex')

const store = await openBlobStore({ folder, key: Buffer.alloc(32, 9), quotaBytes: 2 * MAX_BLOB_BYTES })
const beforeBytes = process.resourceUsage().maxRSS * 1024
const half = MAX_BLOB_BYTES / 2
const pieces = bytes()
for (const start of [0, half]) {
  const written = await store.write({ sha256, size: MAX_BLOB_BYTES }, start, firstOf(pieces, half))
  if (!written.ok) throw new Error(written.error.kind)
}
const reading = await store.read(sha256)
if (!reading.ok) throw new Error(reading.error.kind)
const read = createHash('sha256')
for await (const chunk of reading.value.bytes) read.update(chunk)
await store.close()
const mostBytes = process.resourceUsage().maxRSS * 1024
process.stdout.write(JSON.stringify({ beforeBytes, mostBytes, isSame: read.digest('hex') === sha256 }))
