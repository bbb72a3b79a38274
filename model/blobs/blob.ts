/**
 * A blob is the bytes of a photo or a document, named by their SHA-256. Records hold the name; the bytes travel by
 * themselves, after the records, and are the same wherever they are.
 */
import { z } from 'zod'

/** A photo or a document may have this many bytes, and not one more. */
export const MAX_BLOB_BYTES = 200 * 1024 * 1024

/** What travels in one request, and so what a cut line can cost. */
export const PIECE_BYTES = 1024 * 1024

/** Lower-case hexadecimal SHA-256. */
export const blobName = z.string().regex(/^[0-9a-f]{64}$/, 'Must be 64 lower-case hexadecimal digits')

export const blobSize = z.number().int().min(1).max(MAX_BLOB_BYTES)

/** In the order in which they travel: a picture is seen small long before the line has carried all of it. */
export const BLOB_KINDS = ['thumbnail', 'preview', 'original'] as const
export type BlobKind = (typeof BLOB_KINDS)[number]
