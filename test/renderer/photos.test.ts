import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MAX_BLOB_BYTES } from '../../model/blobs/blob.ts'
import { createRecord } from '../../model/merge/edit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { fileFault } from '../../renderer/src/photos/addFile.ts'
import { nameOf } from '../../renderer/src/photos/files.ts'
import { byTime, fileOf, sizeWords } from '../../renderer/src/photos/photo.ts'
import { fitted } from '../../renderer/src/photos/pictures.ts'
import { readRoute, routeHash } from '../../renderer/src/route.ts'

function row(data: Readonly<Record<string, unknown>>, id = 'a') {
  const author = { actor: 'ana________', stamp: '0mj8k2p1x000' }
  const record = createRecord({ id, scope: 'w', table: 'photos', data }, author)
  return { id, scope: 'w', record, view: viewRecord(record), conflicts: [] }
}

describe('a file that is added', () => {
  it('is named by its SHA-256, however large', async () => {
    const bytes = randomBytes(300_000)
    expect(await nameOf(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it.each([
    { size: 1, fault: undefined },
    { size: MAX_BLOB_BYTES, fault: undefined },
    { size: 0, fault: '“a.jpg” is empty.' },
    { size: MAX_BLOB_BYTES + 1, fault: '“a.jpg” is larger than 200 MB.' },
  ])('of $size bytes: $fault', ({ size, fault }) => {
    expect(fileFault({ name: 'a.jpg', size })).toBe(fault)
  })

  it.each([
    { from: [6000, 4000], within: [150, 150], to: [150, 100] },
    { from: [4000, 6000], within: [800, 600], to: [400, 600] },
    { from: [100, 50], within: [150, 150], to: [100, 50] },
    { from: [10_000, 1], within: [150, 150], to: [150, 1] },
  ])('of $from pixels fits into $within as $to', ({ from, within, to }) => {
    const [width = 0, height = 0] = from
    const [maxWidth = 0, maxHeight = 0] = within
    const size = fitted(width, height, maxWidth, maxHeight)
    expect([size.width, size.height]).toEqual(to)
  })
})

describe('a photo on the screen', () => {
  it('shows its title before its file name, and what is not as it should be counts as absent', () => {
    const sha256 = 'a'.repeat(64)
    const data = { filename: 'x.jpg', title: 'First kiss', sizeBytes: 5, sha256, uploadState: 'pending' }
    const full = fileOf(row(data), true)
    expect(fileOf(row(data), false).isWaiting).toBe(false)
    expect(full).toMatchObject({ name: 'First kiss', sizeBytes: 5, original: sha256, isWaiting: true, isShared: false })
    const odd = fileOf(
      row({ filename: 'x.jpg', sha256: '../key', thumbnailSha256: 5, sizeBytes: 'big', shared: 'true' }),
      true,
    )
    expect(odd).toMatchObject({ name: 'x.jpg', original: undefined, thumbnail: undefined, sizeBytes: undefined })
    expect(odd).toMatchObject({ isWaiting: false, isShared: false })
  })

  it('stands before older ones', () => {
    const rows = [
      row({ filename: 'b', takenAt: '2027-06-12T10:00:00Z' }, '1'),
      row({ filename: 'c' }, '2'),
      row({ filename: 'a', takenAt: '2027-06-12T11:00:00Z' }, '3'),
    ]
    expect(byTime(rows.map((each) => fileOf(each, true))).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  it.each([
    [0, '0 bytes'],
    [1_500, '2 kB'],
    [3_449_000, '3.4 MB'],
  ])('of %i bytes has %s', (bytes, words) => {
    expect(sizeWords(bytes)).toBe(words)
  })
})

it('the address of the tab is read as it is written', () => {
  const route = { screen: 'wedding', weddingId: 'w', tab: 'photos' } as const
  expect(readRoute(routeHash(route))).toEqual(route)
  expect(readRoute('#/wedding/w/other')).toEqual({ ...route, tab: 'timeline' })
})
