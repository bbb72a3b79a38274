/** `/api/offline/blobs`: the bytes of photos and documents. */
import { z } from 'zod'
import { BLOB_KINDS, blobName, blobSize } from '../blobs/blob.ts'
import { BLOB_TABLES } from '../blobs/mentions.ts'
import { recordId } from './common.ts'
import { errorReply, REFUSALS } from './error.ts'
import { route } from './route.ts'

export const MAX_LOOKUP = 1_000

export const blobParams = z.object({ sha256: blobName })

/** Of `PUT`: where the bytes will belong, when their record has not been written yet. */
export const putBlobQuery = z
  .object({ wedding: recordId.optional(), table: z.enum(BLOB_TABLES).optional() })
  .refine(({ wedding, table }) => (wedding === undefined) === (table === undefined), {
    message: 'wedding and table go together',
  })

/** Of `HEAD`: the size of the blob, to learn how much of it has arrived. */
export const headBlobQuery = z.object({
  size: z
    .string()
    .regex(/^\d{1,12}$/, 'Invalid input: expected a whole number')
    .transform(Number)
    .pipe(blobSize)
    .optional(),
})

/** Header of the answer to `HEAD` and of a `PUT` that ended early: bytes that need not be sent again. */
export const RECEIVED_HEADER = 'Upload-Offset'

export const putBlobReply = z.object({
  sha256: blobName,
  size: blobSize,
  /** Bytes that need not be sent again: go on there. */
  received: z.number().int().min(0),
  /** Everything is here, checked against the name, and on disk. */
  stored: z.boolean(),
})
export type PutBlobReply = z.infer<typeof putBlobReply>

export const lookupRequest = z.object({ hashes: z.array(blobName).max(MAX_LOOKUP) })

/** Of the hashes that were asked for; one that no record mentions for the caller is in neither list. */
export const lookupReply = z.object({
  /** Here, and the caller may read them. */
  present: z.array(blobName),
  /** Not here, and the caller may bring them. */
  missing: z.array(blobName),
})
export type LookupReply = z.infer<typeof lookupReply>

export const transferStatus = z.object({
  peer: z.enum(['hub', 'cloud']),
  /**
   * `offline`: no connection; `records-first`: records are under way; `moving`; `slow-line`: only thumbnails until the line
   * is better; `idle`: nothing to do; `needs-key`: nothing goes there before bytes can be sealed.
   */
  state: z.enum(['offline', 'records-first', 'moving', 'slow-line', 'idle', 'needs-key']),
  /** Blobs that are still to be sent and to be fetched. */
  toSend: z.number().int(),
  toFetch: z.number().int(),
  sentBytes: z.number().int(),
  receivedBytes: z.number().int(),
  retries: z.number().int(),
  /** Megabits a second, over the last pieces. */
  megabits: z.number().optional(),
  current: z
    .object({
      sha256: blobName,
      kind: z.enum(BLOB_KINDS),
      direction: z.enum(['send', 'fetch']),
      doneBytes: z.number().int(),
      sizeBytes: z.number().int().optional(),
    })
    .optional(),
  /** Blobs that the other side or this one refused, by code, such as `BLOB_QUOTA`. */
  refused: z.record(z.string(), z.number().int()),
  /** Why the last request failed, in words for a person. */
  problem: z.string().optional(),
})
export type TransferStatus = z.infer<typeof transferStatus>

export const blobsReply = z.object({
  usedBytes: z.number().int(),
  quotaBytes: z.number().int(),
  /** Blobs that are here whole. */
  here: z.number().int(),
  /** Blobs that records here mention and that have not arrived. */
  missing: z.number().int(),
  transfers: z.array(transferStatus),
})
export type BlobsReply = z.infer<typeof blobsReply>

/** Bytes as they are, which no schema looks at. */
export const bytes = z.custom<Uint8Array>()

const NO_ROOM = { 507: errorReply }
const ASKED = { 400: errorReply, 401: errorReply, 403: errorReply, 404: errorReply, 500: errorReply }

/** Served by `server/blobs/blobRoutes.ts`, since bodies of bytes pass by whatever reads JSON. */
export const BLOB_ROUTES = {
  blobs: route({
    method: 'GET',
    path: '/blobs',
    summary: 'Room for photos and documents here, and how their transfers are',
    access: 'member',
    at: ['local', 'hub'],
    replies: { 200: blobsReply, 401: errorReply, 403: errorReply, 500: errorReply },
  }),
  lookUpBlobs: route({
    method: 'POST',
    path: '/blobs/lookup',
    summary: 'Which of many blobs are here, and which the caller may bring',
    access: 'member',
    at: ['local', 'hub'],
    body: lookupRequest,
    replies: { 200: lookupReply, ...REFUSALS },
  }),
  putBlob: route({
    method: 'PUT',
    path: '/blobs/:sha256',
    summary: 'Brings a blob or a piece of it (`Content-Range`): 201 when all is here, 202 while something is missing',
    access: 'member',
    at: ['local', 'hub'],
    params: blobParams,
    query: putBlobQuery,
    body: bytes,
    carries: 'bytes',
    replies: {
      201: putBlobReply,
      202: putBlobReply,
      ...ASKED,
      409: errorReply,
      411: errorReply,
      413: errorReply,
      422: errorReply,
      ...NO_ROOM,
    },
  }),
  headBlob: route({
    method: 'HEAD',
    path: '/blobs/:sha256',
    summary: 'Whether a blob is here; with `size`, how much of it has arrived (`Upload-Offset`)',
    access: 'member',
    at: ['local', 'hub'],
    params: blobParams,
    query: headBlobQuery,
    replies: { 200: z.undefined(), 400: z.undefined(), 401: z.undefined(), 404: z.undefined() },
  }),
  getBlob: route({
    method: 'GET',
    path: '/blobs/:sha256',
    summary: 'The bytes of a blob, or a `Range` of them',
    access: 'member',
    at: ['local', 'hub'],
    params: blobParams,
    carries: 'bytes',
    replies: { 200: bytes, 206: bytes, 304: z.undefined(), ...ASKED, 416: errorReply, 503: errorReply },
  }),
} as const
