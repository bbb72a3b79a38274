import { z } from 'zod'
import { blobName } from '../blobs/blob.ts'
import { field, table } from './field.ts'
import { CRITICAL } from './options.ts'
import { dateTime, flag, label, name, names, rank, text } from './types.ts'

const pixels = z.number().int().min(0).max(1_000_000)

/** What is known of a file; its bytes are blobs, named by their hashes (`model/blobs`). */
const FILE_FIELDS = {
  filename: field(name),
  mime: field(label),
  sizeBytes: field(z.number().int().min(0)),
  sha256: field(blobName),
  /** JPEG of at most 150 × 150, and of at most 800 × 600 pixels. */
  thumbnailSha256: field(blobName),
  previewSha256: field(blobName),
  width: field(pixels),
  height: field(pixels),
  title: field(label),
  altText: field(text),
  takenAt: field(dateTime),
  location: field(label, CRITICAL),
  rank: field(rank),
  uploadState: field(z.enum(['pending', 'uploading', 'uploaded', 'failed'])),
  linkedTo: field(names, { policy: 'set' }),
  tags: field(names, { policy: 'set' }),
}

export const photos = table('photos', { required: ['filename'], fields: FILE_FIELDS })

export const documents = table('documents', {
  required: ['filename'],
  inner: { words: 'unless `shared` is true', isInner: ({ shared }) => shared !== true },
  fields: { ...FILE_FIELDS, shared: field(flag) },
})
