/** What a browser is told of bytes that anybody of the team may have put there: show pictures, run nothing. */
import type { BlobAccess } from './blobAccess.ts'

/** Shown in place. Not SVG, which is a document with scripts. */
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/heic', 'image/heif'])
/** Named as what they are, and saved. */
const SAVED = new Set([
  'application/pdf',
  'text/plain',
  'text/csv',
  'text/calendar',
  'application/zip',
  'application/msword',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'video/mp4',
  'video/quicktime',
  'audio/mpeg',
])
const UNKNOWN = 'application/octet-stream'

export function blobHeaders(sha256: string, { kind, mime, filename }: BlobAccess): Readonly<Record<string, string>> {
  // Small pictures are made by the app, as JPEG, whatever the original is.
  const claimed = kind === 'original' ? String(mime).toLowerCase() : 'image/jpeg'
  const type = SHOWN.has(claimed) || SAVED.has(claimed) ? claimed : UNKNOWN
  return {
    'Content-Type': type,
    'Content-Disposition': disposition(SHOWN.has(type) ? 'inline' : 'attachment', filename),
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Accept-Ranges': 'bytes',
    ETag: etagOf(sha256),
    // The bytes never change, but who may see them can.
    'Cache-Control': 'private, no-cache',
  }
}

export function etagOf(sha256: string): string {
  return `"${sha256}"`
}

/** RFC 6266, with the name in UTF-8 as RFC 8187 writes it. */
function disposition(how: 'inline' | 'attachment', filename: unknown): string {
  if (typeof filename !== 'string' || filename === '') return how
  // Half an emoji is nothing that could be encoded; slashes and control characters are no part of a name.
  const name = filename.toWellFormed().replace(/[\\/\p{Cc}]/gu, '_')
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${how}; filename*=UTF-8''${encoded}`
}
