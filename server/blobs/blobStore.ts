/**
 * The bytes of photos and documents on an install: one encrypted file for each, named by its content, so that the same
 * picture is here once.
 *
 *     blobs/key            the key of all of them, wrapped under the database's (`blobKey.ts`)
 *     blobs/3f/3f…         a blob (`blobFile.ts`); the name is an HMAC of its SHA-256, which tells nobody what it is
 *     blobs/drafts/…       blobs that are still arriving
 *     blobs/damaged/…      files that were found not to be as they were written
 *
 * A blob is never in memory as a whole, and never on disk unencrypted.
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_BLOB_BYTES } from '../../model/blobs/blob.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { isMissing, syncFolder } from '../identity/wholeFile.ts'
import { type Draft, openDraft } from './blobDraft.ts'
import { type BlobId, fileBytes, plainBytes } from './blobFile.ts'
import { blobPlaces } from './blobPlaces.ts'
import { BlobDamaged, openReader } from './blobReader.ts'

export interface BlobStoreOptions {
  /** Absolute; is created. */
  readonly folder: string
  /** 32 bytes. */
  readonly key: Uint8Array
  /** How much all files together may take, drafts at their full size. */
  readonly quotaBytes: number
}

export type WriteError =
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'quota'; readonly quotaBytes: number; readonly freeBytes: number }
  | { readonly kind: 'disk-full' }
  /** The bytes do not begin where the ones that are here end. */
  | { readonly kind: 'wrong-offset'; readonly received: number }
  /** More bytes than the blob has. */
  | { readonly kind: 'too-many-bytes'; readonly received: number }
  /** The source ended with an error; what came before counts. */
  | { readonly kind: 'cut'; readonly received: number }
  /** All bytes are here, and they are not those that the name promised. They are thrown away. */
  | { readonly kind: 'hash-differs' }

export type ReadError = { readonly kind: 'not-here' } | { readonly kind: 'damaged' }

export interface Received {
  readonly received: number
  /** Everything is here, checked and on disk. */
  readonly whole: boolean
}

export interface BlobReading {
  readonly size: number
  /** Throws {@link BlobDamaged} where the file is not as it was written. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface Range {
  readonly start: number
  /** Not included. */
  readonly end: number
}

export interface Usage {
  readonly usedBytes: number
  readonly quotaBytes: number
  readonly blobs: number
  readonly drafts: number
}

export interface SweepOutcome {
  readonly removed: number
  readonly removedBytes: number
}

export interface BlobStore {
  /** Of the blob in bytes, if it is here whole. */
  size(sha256: string): number | undefined
  /** How much of a blob has arrived; all of it if it is here whole. */
  received(id: BlobId): Promise<number>
  /**
   * Takes bytes of a blob from `offset` on, where the ones before must end. Of a range that ends within a chunk of 64 KiB
   * (and is not the blob's end) the rest does not count.
   * @param onOvertaken the same blob is being sent anew by somebody else, who goes first: end the source
   */
  write(
    id: BlobId,
    offset: number,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    onOvertaken?: () => void,
  ): Promise<Result<Received, WriteError>>
  /** Reads the range, or all. A damaged file is set aside, and the blob counts as missing from then on. */
  read(sha256: string, range?: Range): Promise<Result<BlobReading, ReadError>>
  /** Reads a blob that is here to its end, and sets it aside if it is damaged. */
  prove(sha256: string): Promise<void>
  /** Removes what nobody has named for a while: blobs not in `wanted`, and drafts, untouched since `olderThanMs`. */
  sweep(wanted: Iterable<string>, olderThanMs: number): Promise<SweepOutcome>
  /** Path of the file of a blob that is here whole, for a backup. */
  fileOf(sha256: string): string | undefined
  usage(): Usage
  /** Calls back when a blob has come in whole, was found damaged or was removed. Returns the unsubscribe function. */
  subscribe(listener: () => void): () => void
  close(): Promise<void>
}

const FOLDER_MODE = 0o700
/** Each holds a file open and the state of a hash; a draft that is closed goes on after reading it once. */
const MAX_OPEN_DRAFTS = 16
const BLOB_FILE = /^[0-9a-f]{64}$/
const DRAFT_FILE = /^([0-9a-f]{64})-(\d{1,12})$/

interface Slot {
  draft: Draft | undefined
  onOvertaken: (() => void) | undefined
  turn: Promise<unknown>
}

export async function openBlobStore({ folder, key, quotaBytes }: BlobStoreOptions): Promise<BlobStore> {
  const { nameOf, placeOf: placeBelow } = blobPlaces(key)
  const draftsFolder = join(folder, 'drafts')
  await mkdir(draftsFolder, { recursive: true, mode: FOLDER_MODE })
  /** File name → size of the blob. */
  const blobs = await listBlobs(folder)
  const drafts = await listDrafts(draftsFolder)
  const slots = new Map<string, Slot>()
  const listeners = new Set<() => void>()
  let closed = false

  const placeOf = (name: string): string => join(folder, placeBelow(name))
  const draftOf = ({ sha256, size }: BlobId): string => `${nameOf(sha256)}-${size}`
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const usedBytes = (): number =>
    [...blobs.values(), ...drafts.values()].reduce((sum, size) => sum + fileBytes(size), 0)

  /** One after the other for each draft: two writers at once would mix their bytes. */
  function inTurn<T>(name: string, work: (slot: Slot) => Promise<T>): Promise<T> {
    const slot = slots.get(name) ?? { draft: undefined, onOvertaken: undefined, turn: Promise.resolve() }
    slots.delete(name)
    slots.set(name, slot)
    const done = slot.turn.then(() => {
      if (closed) throw new Error('the store of blobs is closed')
      return work(slot)
    })
    slot.turn = done.catch(() => undefined) // told to its own caller
    return done
  }

  async function opened(name: string, id: BlobId, slot: Slot): Promise<Draft> {
    if (slot.draft) return slot.draft
    const idle = [...slots.values()].filter((other) => other.draft && other !== slot && !other.onOvertaken)
    if (idle.length >= MAX_OPEN_DRAFTS) await closeSlot(idle[0])
    await mkdir(draftsFolder, { recursive: true, mode: FOLDER_MODE })
    slot.draft = await openDraft(join(draftsFolder, name), key, id)
    drafts.set(name, id.size)
    return slot.draft
  }

  async function closeSlot(slot: Slot | undefined): Promise<void> {
    const draft = slot?.draft
    if (slot) slot.draft = undefined
    await draft?.close()
  }

  async function dropDraft(name: string): Promise<void> {
    await closeSlot(slots.get(name))
    slots.delete(name)
    await rm(join(draftsFolder, name), { force: true })
    drafts.delete(name)
  }

  /** Why a new draft may not begin. */
  function refusal(name: string, { size }: BlobId): WriteError | undefined {
    if (size > MAX_BLOB_BYTES) return { kind: 'too-large', limitBytes: MAX_BLOB_BYTES }
    if (drafts.has(name)) return undefined
    const freeBytes = Math.max(0, quotaBytes - usedBytes())
    return fileBytes(size) > freeBytes ? { kind: 'quota', quotaBytes, freeBytes } : undefined
  }

  async function take(
    name: string,
    id: BlobId,
    offset: number,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    slot: Slot,
  ): Promise<Result<Received, WriteError>> {
    const refused = refusal(name, id)
    if (refused) return err(refused)
    const draft = await opened(name, id, slot)
    if (offset !== draft.received()) return err({ kind: 'wrong-offset', received: draft.received() })
    const fault = await pour(source, id.size - offset, draft)
    draft.dropRest()
    if (fault) return err({ kind: fault, received: draft.received() })
    if (draft.received() < id.size) return ok({ received: draft.received(), whole: false })
    return finish(name, id, draft, slot)
  }

  async function finish(name: string, id: BlobId, draft: Draft, slot: Slot): Promise<Result<Received, WriteError>> {
    slot.draft = undefined
    if (!(await draft.finish())) {
      await dropDraft(name)
      return err({ kind: 'hash-differs' })
    }
    const place = placeOf(nameOf(id.sha256))
    const parent = join(place, '..')
    await mkdir(parent, { recursive: true, mode: FOLDER_MODE })
    await rename(join(draftsFolder, name), place)
    syncFolder(parent)
    syncFolder(folder)
    drafts.delete(name)
    slots.delete(name)
    blobs.set(nameOf(id.sha256), id.size)
    tell()
    return ok({ received: id.size, whole: true })
  }

  async function setAside(name: string): Promise<void> {
    if (!blobs.delete(name)) return // another reader was faster
    await moveAside(folder, placeOf(name), name)
    tell()
  }

  async function read(sha256: string, range?: Range): Promise<Result<BlobReading, ReadError>> {
    const name = nameOf(sha256)
    const size = blobs.get(name)
    if (size === undefined) return err({ kind: 'not-here' })
    const { start, end } = range ?? { start: 0, end: size }
    try {
      const bytes = await openReader(placeOf(name), key, { sha256, size }, start, end)
      return ok({ size, bytes: settingAside(bytes, () => setAside(name)) })
    } catch (error) {
      if (isMissing(error)) {
        blobs.delete(name) // somebody has removed the file by hand
        tell()
        return err({ kind: 'not-here' })
      }
      if (!(error instanceof BlobDamaged)) throw error
      await setAside(name)
      return err({ kind: 'damaged' })
    }
  }

  return {
    size: (sha256) => blobs.get(nameOf(sha256)),

    async received(id) {
      if (blobs.get(nameOf(id.sha256)) === id.size) return id.size
      const name = draftOf(id)
      if (!drafts.has(name)) return 0
      return inTurn(name, async (slot) => (await opened(name, id, slot)).received())
    },

    async write(id, offset, source, onOvertaken) {
      const name = draftOf(id)
      slots.get(name)?.onOvertaken?.()
      return inTurn(name, async (slot) => {
        const here = blobs.get(nameOf(id.sha256))
        if (here !== undefined) return ok({ received: here, whole: true })
        slot.onOvertaken = onOvertaken ?? (() => undefined)
        try {
          return await take(name, id, offset, source, slot)
        } catch (error) {
          if (isDiskFull(error)) return err({ kind: 'disk-full' as const })
          throw error
        } finally {
          slot.onOvertaken = undefined
        }
      })
    },

    read,

    async prove(sha256) {
      const reading = await read(sha256)
      if (!reading.ok) return
      try {
        for await (const _chunk of reading.value.bytes) {
          // proved before it is given out
        }
      } catch (error) {
        if (!(error instanceof BlobDamaged)) throw error // set aside by now
      }
    },

    async sweep(wanted, olderThanMs) {
      const keep = new Set([...wanted].map(nameOf))
      let removedBytes = 0
      let removed = 0
      for (const [name, size] of [...blobs]) {
        if (keep.has(name) || !(await isOlder(placeOf(name), olderThanMs))) continue
        await rm(placeOf(name), { force: true })
        blobs.delete(name)
        removed += 1
        removedBytes += fileBytes(size)
      }
      for (const name of [...drafts.keys()]) {
        const isIdle = slots.get(name)?.onOvertaken === undefined
        if (isIdle && (await isOlder(join(draftsFolder, name), olderThanMs))) await dropDraft(name)
      }
      if (removed > 0) tell()
      return { removed, removedBytes }
    },

    fileOf(sha256) {
      const name = nameOf(sha256)
      return blobs.has(name) ? placeOf(name) : undefined
    },

    usage: () => ({ usedBytes: usedBytes(), quotaBytes, blobs: blobs.size, drafts: drafts.size }),

    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    async close() {
      closed = true
      for (const slot of slots.values()) slot.onOvertaken?.()
      await Promise.all([...slots.values()].map(({ turn }) => turn))
      await Promise.all([...slots.values()].map(closeSlot))
    },
  }
}

/** Puts the source into the draft. @returns what was wrong with the source */
async function pour(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit: number,
  draft: Draft,
): Promise<'too-many-bytes' | 'cut' | undefined> {
  let bytes = 0
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  for (;;) {
    let next: IteratorResult<Uint8Array>
    try {
      next = await iterator.next()
    } catch {
      return 'cut' // whatever happened to the line, the bytes have ended here
    }
    if (next.done) return undefined
    bytes += next.value.length
    if (bytes > limit) {
      await iterator.return?.()
      return 'too-many-bytes'
    }
    await draft.write(next.value)
  }
}

async function* settingAside(
  bytes: AsyncIterable<Uint8Array>,
  setAside: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    if (error instanceof BlobDamaged) await setAside()
    throw error
  }
}

async function listBlobs(folder: string): Promise<Map<string, number>> {
  const blobs = new Map<string, number>()
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^[0-9a-f]{2}$/.test(entry.name)) continue
    for (const name of await readdir(join(folder, entry.name))) {
      if (!BLOB_FILE.test(name)) continue
      const file = join(folder, entry.name, name)
      const size = plainBytes((await stat(file)).size)
      if (size === undefined) await moveAside(folder, file, name)
      else blobs.set(name, size)
    }
  }
  return blobs
}

/** Damaged files are kept: what is left of them may be worth something to somebody. */
async function moveAside(folder: string, file: string, name: string): Promise<void> {
  const aside = join(folder, 'damaged')
  await mkdir(aside, { recursive: true, mode: FOLDER_MODE })
  await rename(file, join(aside, `${name}-${Date.now()}`))
}

async function listDrafts(folder: string): Promise<Map<string, number>> {
  const names = (await readdir(folder)).filter((name) => DRAFT_FILE.test(name))
  return new Map(names.map((name) => [name, Number(DRAFT_FILE.exec(name)?.[2])]))
}

async function isOlder(file: string, ms: number): Promise<boolean> {
  try {
    return (await stat(file)).mtimeMs < ms
  } catch (error) {
    if (isMissing(error)) return true
    throw error
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
