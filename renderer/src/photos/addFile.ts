/** Adding a photo or a document: its bytes first, then the record that names them. */
import { MAX_BLOB_BYTES } from '../../../model/blobs/blob.ts'
import { MAX_NAME_CHARS } from '../../../model/tables/types.ts'
import type { Edits } from '../data/edits.ts'
import { type BlobFiles, type BlobPlace, nameOf } from './files.ts'
import { picturesOf } from './pictures.ts'

export const MAX_FILE_WORDS = `${MAX_BLOB_BYTES / 1024 / 1024} MB`

/** Why the file cannot be added, as a sentence; `undefined` if it can. */
export function fileFault({ name, size }: Pick<File, 'name' | 'size'>): string | undefined {
  if (size === 0) return `“${name}” is empty.`
  return size > MAX_BLOB_BYTES ? `“${name}” is larger than ${MAX_FILE_WORDS}.` : undefined
}

/** Rejects if anything could not be kept; then there is no record either. */
export async function addFile(file: File, place: BlobPlace, files: BlobFiles, edits: Edits): Promise<void> {
  const pictures = file.type.startsWith('image/') ? await picturesOf(file) : undefined
  const keep = async (bytes: Blob): Promise<string> => {
    const name = await nameOf(bytes)
    await files.keep(bytes, name, place)
    return name
  }
  const small = pictures && {
    width: pictures.width,
    height: pictures.height,
    thumbnailSha256: await keep(pictures.thumbnail),
    previewSha256: await keep(pictures.preview),
  }
  const data = {
    filename: file.name.slice(0, MAX_NAME_CHARS),
    mime: file.type.slice(0, MAX_NAME_CHARS),
    sizeBytes: file.size,
    sha256: await keep(file),
    ...small,
    takenAt: new Date(file.lastModified).toISOString(),
    uploadState: 'pending',
  }
  await edits.create([{ id: crypto.randomUUID(), scope: place.wedding, table: place.table, data }])
}
