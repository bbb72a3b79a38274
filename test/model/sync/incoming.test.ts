import { describe, expect, it } from 'vitest'
import { encodeRecord, MAX_RECORD_BYTES } from '../../../model/merge/codec.ts'
import { createRecord } from '../../../model/merge/edit.ts'
import { readIncoming } from '../../../model/sync/incoming.ts'
import { uuidOf } from '../../support/ids.ts'
import { elevenChars } from '../../support/memoryReplica.ts'

const LAKE = uuidOf(100)

/** As it arrives: the text of a record whose one value is a list of so many numbers, each of which grows when written down again. */
function textWith(numbers: number): string {
  const author = { actor: elevenChars('ada'), stamp: '0mj8k2p1x000' }
  const record = createRecord({ id: uuidOf(200), scope: LAKE, table: 'forms', data: { fields: 'HERE' } }, author)
  return JSON.stringify(encodeRecord(record)).replace('"HERE"', `[${Array(numbers).fill('1e20').join()}]`)
}

describe('the size of what a peer sends', () => {
  it.each([
    { numbers: 45_000, taken: true },
    { numbers: 46_000, taken: false },
  ])('is that of the record as we would write it down: $numbers numbers', ({ numbers, taken }) => {
    const text = textWith(numbers)
    const written = JSON.stringify(JSON.parse(text)).length
    expect([text.length < MAX_RECORD_BYTES / 4, written <= MAX_RECORD_BYTES]).toEqual([true, taken])
    const known = readIncoming([JSON.parse(text)], LAKE, text.length)
    expect(known).toEqual(readIncoming([JSON.parse(text)], LAKE))
    expect([known.records.size, known.unreadable.map(({ reason }) => reason)]).toEqual(
      taken ? [1, []] : [0, ['the record is larger than a megabyte']],
    )
  })
})
