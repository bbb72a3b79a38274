/**
 * `/blobs`: the bytes of photos and documents.
 *
 *     PUT  /blobs/:sha256     with `Content-Range: bytes 0-1048575/5000000`, or without for all at once; in any case with
 *                             `Content-Length`. 201 when all is here, 202 while something is missing.
 *     HEAD /blobs/:sha256     whether it is here; with `?size=` how much of it has arrived
 *     GET  /blobs/:sha256     with `Range`
 *     POST /blobs/lookup      which of many are here, and which are wanted
 *     GET  /blobs             room, and how the transfers are
 */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, RequestHandler, Response, Router } from 'express'
import type { BlobIndex } from '../../model/blobs/blobIndex.ts'
import { formatContentRange, type PartOf, parseContentRange, parseRange } from '../../model/blobs/ranges.ts'
import {
  type BlobsReply,
  blobParams,
  headBlobQuery,
  type LookupReply,
  lookupRequest,
  type PutBlobReply,
  putBlobQuery,
  RECEIVED_HEADER,
  type TransferStatus,
} from '../../model/rest/blobs.ts'
import { unreachable } from '../../model/result.ts'
import type { Caller, ServerContext } from '../rest/context.ts'
import { echoing, forbidden, HttpError, methodNotAllowed, missing, parseInput } from '../rest/errors.ts'
import { jsonBody } from '../rest/guard.ts'
import { callerOf } from '../rest/requestState.ts'
import { type BlobAccess, type BlobAccessOf, blobAccess, mayBring } from './blobAccess.ts'
import { blobHeaders, etagOf } from './blobHeaders.ts'
import type { BlobStore, WriteError } from './blobStore.ts'

/** What a server with blobs has. */
export interface BlobDoor {
  readonly store: BlobStore
  readonly index: BlobIndex
  transfers(): readonly TransferStatus[]
}

/** To be added before bodies are read as JSON. */
export function addBlobRoutes(router: Router, context: ServerContext, door: BlobDoor): void {
  const access = blobAccess(context, door.index)
  router.route('/blobs').get(showStatus(door)).all(methodNotAllowed)
  router
    .route('/blobs/lookup')
    .post(...jsonBody, lookUp(door, access))
    .all(methodNotAllowed)
  router
    .route('/blobs/:sha256')
    .put(receive(context, door, access))
    .head(tell(door, access))
    .get(give(door, access))
    .all(methodNotAllowed)
}

function showStatus({ store, index, transfers }: BlobDoor): RequestHandler {
  return async (_request, response) => {
    const reply = await echoing({}, async (): Promise<BlobsReply> => {
      const live = (await index.all()).filter(({ deletedMs }) => deletedMs === undefined)
      const named = new Set(live.flatMap(({ mentions }) => mentions.map(({ sha256 }) => sha256)))
      const { usedBytes, quotaBytes, blobs } = store.usage()
      const lacking = [...named].filter((sha256) => store.size(sha256) === undefined).length
      return { usedBytes, quotaBytes, here: blobs, missing: lacking, transfers: [...transfers()] }
    })
    response.json(reply)
  }
}

function lookUp({ store }: BlobDoor, access: BlobAccessOf): RequestHandler {
  return async (request, response) => {
    const reply = await echoing({}, async (): Promise<LookupReply> => {
      const caller = callerOf(request)
      const { hashes } = parseInput(lookupRequest, request.body)
      const present: string[] = []
      const wanted: string[] = []
      for (const sha256 of new Set(hashes)) {
        const found = await access(caller, sha256)
        if (found && store.size(sha256) !== undefined) present.push(sha256)
        else if (found?.mayWrite) wanted.push(sha256)
      }
      return { present, missing: wanted }
    })
    response.json(reply)
  }
}

function receive(context: ServerContext, { store }: BlobDoor, access: BlobAccessOf): RequestHandler {
  return async (request, response) => {
    const { status, reply } = await echoing({}, async () => {
      const { sha256 } = parseInput(blobParams, request.params)
      const place = parseInput(putBlobQuery, request.query)
      const { start, size } = partIn(request)
      await admit(context, callerOf(request), sha256, place, access)
      const written = await store.write({ sha256, size }, start, request, () => request.destroy())
      if (!written.ok) throw refusalOf(written.error)
      const { received, whole } = written.value
      const body: PutBlobReply = { sha256, size, received, stored: whole }
      return { status: whole ? 201 : 202, reply: body }
    })
    response.status(status).set(RECEIVED_HEADER, String(reply.received)).json(reply)
  }
}

/** Throws unless the caller may bring these bytes. */
async function admit(
  context: ServerContext,
  caller: Caller,
  sha256: string,
  { wedding, table }: { readonly wedding?: string | undefined; readonly table?: string | undefined },
  access: BlobAccessOf,
): Promise<void> {
  const found = await access(caller, sha256)
  if (found?.mayWrite) return
  if (wedding !== undefined && table !== undefined && (await mayBring(context, caller, { wedding, table }))) return
  if (found || wedding !== undefined) throw forbidden('This caller may not add files there')
  throw missing('No record names these bytes: write the record first, or say with wedding and table where they belong')
}

/** Which part of which whole the body is. Throws 400 or 411. */
function partIn(request: Request): PartOf {
  const length = Number(request.headers['content-length'])
  if (!Number.isSafeInteger(length)) {
    throw new HttpError(411, 'LENGTH_REQUIRED', 'Say with Content-Length how many bytes come')
  }
  const header = request.headers['content-range']
  const part = header === undefined ? { start: 0, end: length, size: length } : parseContentRange(header)
  if (!part || part.end - part.start !== length || length === 0) {
    const message = 'Content-Range must be like "bytes 0-1048575/5000000" and cover the body, which must not be empty'
    throw new HttpError(400, 'BAD_RANGE', message)
  }
  return part
}

function refusalOf(error: WriteError): HttpError {
  switch (error.kind) {
    case 'too-large':
      return new HttpError(413, 'BLOB_TOO_LARGE', `A file may have ${error.limitBytes} bytes at most`)
    case 'quota': {
      const { quotaBytes, freeBytes } = error
      const message = 'There is no room left for photos and documents here: raise the quota, or delete some of them'
      return new HttpError(507, 'BLOB_QUOTA', message, { quotaBytes, freeBytes })
    }
    case 'disk-full':
      return new HttpError(507, 'DISK_FULL', 'The disk of this server is full: make room, and send the file again')
    case 'wrong-offset':
      return new HttpError(409, 'WRONG_OFFSET', `Go on at byte ${error.received}`, { received: error.received })
    case 'too-many-bytes':
      return new HttpError(400, 'BAD_RANGE', 'There were more bytes than Content-Range said')
    case 'cut':
      return new HttpError(400, 'CUT', `The body ended early: go on at byte ${error.received}`, {
        received: error.received,
      })
    case 'hash-differs':
      return new HttpError(
        422,
        'HASH_DIFFERS',
        'The bytes do not have the SHA-256 that the address names: send them anew',
      )
    default:
      return unreachable(error)
  }
}

function tell({ store }: BlobDoor, access: BlobAccessOf): RequestHandler {
  return async (request, response) => {
    const { sha256 } = parseInput(blobParams, request.params)
    const { size } = parseInput(headBlobQuery, request.query)
    const found = await readable(request, sha256, access)
    const whole = store.size(sha256)
    if (whole !== undefined) {
      response.set({ ...blobHeaders(sha256, found), 'Content-Length': String(whole) }).end()
      return
    }
    if (size !== undefined) response.set(RECEIVED_HEADER, String(await store.received({ sha256, size })))
    response.status(404).end()
  }
}

function give({ store }: BlobDoor, access: BlobAccessOf): RequestHandler {
  return async (request, response) => {
    const { sha256 } = parseInput(blobParams, request.params)
    const found = await readable(request, sha256, access)
    const whole = store.size(sha256)
    if (whole === undefined) throw notHere()
    response.set(blobHeaders(sha256, found))
    if (request.headers['if-none-match'] === etagOf(sha256)) {
      response.status(304).end()
      return
    }
    const other = request.headers['if-range'] !== undefined && request.headers['if-range'] !== etagOf(sha256)
    const range = other ? 'whole' : parseRange(request.headers.range, whole)
    if (range === 'unsatisfiable') {
      response.set('Content-Range', `bytes */${whole}`)
      throw new HttpError(416, 'RANGE_NOT_SATISFIABLE', `The file has ${whole} bytes`)
    }
    const { start, end } = range === 'whole' ? { start: 0, end: whole } : range
    const reading = await store.read(sha256, { start, end })
    if (!reading.ok) throw reading.error.kind === 'damaged' ? damaged() : notHere()
    response.status(range === 'whole' ? 200 : 206).set('Content-Length', String(end - start))
    if (range !== 'whole') response.set('Content-Range', formatContentRange({ start, end, size: whole }))
    await send(reading.value.bytes, response)
  }
}

/** Throws 404, the same for bytes that nobody has and for those that the caller may not see. */
async function readable(request: Request, sha256: string, access: BlobAccessOf): Promise<BlobAccess> {
  const found = await access(callerOf(request), sha256)
  if (!found) throw missing('There is no such file')
  return found
}

async function send(bytes: AsyncIterable<Uint8Array>, response: Response): Promise<void> {
  try {
    await pipeline(Readable.from(bytes), response)
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
    if (!isGone) throw error // damage: the connection is cut, so that half a file does not pass for a whole one
  }
}

function notHere(): HttpError {
  return new HttpError(404, 'BLOB_NOT_HERE', 'The bytes of this file have not arrived here yet')
}

function damaged(): HttpError {
  const message =
    'The bytes of this file were damaged on the disk here; they are fetched again from where they are whole'
  return new HttpError(503, 'BLOB_DAMAGED', message)
}
