/** Ranges of bytes as HTTP writes them (RFC 9110 §14). */

/** Bytes from `start` up to `end`, which is not included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** A part of something of `size` bytes. */
export interface PartOf extends ByteRange {
  readonly size: number
}

/** No file has more digits, and more would not be exact. */
const CONTENT_RANGE = /^bytes (\d{1,12})-(\d{1,12})\/(\d{1,12})$/i
const RANGE = /^bytes=(\d{0,12})-(\d{0,12})$/i

export function formatContentRange({ start, end, size }: PartOf): string {
  return `bytes ${start}-${end - 1}/${size}`
}

/** The `Content-Range` of a body; `undefined` if it is none, or none of at least one byte within the size. */
export function parseContentRange(header: string): PartOf | undefined {
  const [, first, last, total] = CONTENT_RANGE.exec(header) ?? []
  if (first === undefined || last === undefined || total === undefined) return undefined
  const part = { start: Number(first), end: Number(last) + 1, size: Number(total) }
  return part.start < part.end && part.end <= part.size ? part : undefined
}

export function formatRange({ start, end }: ByteRange): string {
  return `bytes=${start}-${end - 1}`
}

/**
 * What a `Range` header asks for of something of `size` bytes.
 * @returns `whole` without a header, and for one that is not understood, as the standard wants it; `unsatisfiable` if it
 *   begins behind the end
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, first, last] = RANGE.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole'
  if (first === '') return last === '0' ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'whole'
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}
