import { describe, expect, it } from 'vitest'
import { formatContentRange, formatRange, parseContentRange, parseRange } from '../../../model/blobs/ranges.ts'

describe('Content-Range', () => {
  it('is read as it is written', () => {
    for (const part of [
      { start: 0, end: 1, size: 1 },
      { start: 1_048_576, end: 2_097_152, size: 209_715_200 },
    ]) {
      expect(parseContentRange(formatContentRange(part))).toEqual(part)
    }
  })

  it.each([
    '',
    'bytes',
    'bytes 0-0',
    'bytes 0-0/*',
    'bytes */5',
    'bytes 1-0/5',
    'bytes 0-5/5',
    'bytes -1-0/5',
    'bytes 0-1.5/5',
    'bytes 0-0/0',
    'bytes 0-9999999999999/99999999999999',
    'items 0-1/5',
    'bytes 0-1/5, bytes 2-3/5',
  ])('%o is none', (header) => {
    expect(parseContentRange(header)).toBeUndefined()
  })
})

describe('Range', () => {
  it.each([
    { header: 'bytes=0-0', range: { start: 0, end: 1 } },
    { header: 'bytes=2-', range: { start: 2, end: 10 } },
    { header: 'bytes=2-100', range: { start: 2, end: 10 } },
    { header: 'bytes=-3', range: { start: 7, end: 10 } },
    { header: 'bytes=-30', range: { start: 0, end: 10 } },
    { header: 'bytes=10-', range: 'unsatisfiable' },
    { header: 'bytes=-0', range: 'unsatisfiable' },
    { header: 'bytes=5-4', range: 'whole' },
    { header: 'bytes=-', range: 'whole' },
    { header: 'bytes=0-1,3-4', range: 'whole' },
    { header: 'lines=1-2', range: 'whole' },
    { header: undefined, range: 'whole' },
  ])('$header of 10 bytes is $range', ({ header, range }) => {
    expect(parseRange(header, 10)).toEqual(range)
  })

  it('is read as it is written', () => {
    expect(parseRange(formatRange({ start: 3, end: 7 }), 10)).toEqual({ start: 3, end: 7 })
  })
})
