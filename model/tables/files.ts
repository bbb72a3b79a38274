import { z } from 'zod'
import { field, table } from './field.ts'
import { CRITICAL } from './options.ts'
import { dateTime, flag, label, name, names, rank, text } from './types.ts'

const pixels = z.number().int().min(0).max(1_000_000)

/** What is known of a file; its bytes are an attachment of the record. */
const FILE_FIELDS = {
  filename: field(name),
  mime: field(label),
  sizeBytes: field(z.number().int().min(0)),
  sha256: field(z.string().regex(/^[0-9a-f]{64}$/, 'Must be 64 lower-case hexadecimal digits')),
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
