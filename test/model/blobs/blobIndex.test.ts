import { expect, it } from 'vitest'
import { createBlobIndex } from '../../../model/blobs/blobIndex.ts'
import { openMemoryReplica } from '../../support/memoryReplica.ts'

const SCOPE = '7d3b1c9e-0000-4000-8000-000000000001'
const idOf = (n: number) => `7d3b1c9e-0000-4000-8000-0000000001${n}0`
const sha256 = 'a'.repeat(64)

it('reads of the log what has bytes, once, however much else is behind it, and lets others in between', async () => {
  const replica = await openMemoryReplica('blobIndex', { now: () => 1_000 })
  try {
    const asked: number[] = []
    const { changes } = replica
    let pauses = 0
    const index = createBlobIndex(
      {
        ...changes,
        changesSince(scope, seq, query) {
          asked.push(seq)
          return changes.changesSince(scope, seq, query)
        },
      },
      async () => void pauses++,
    )
    await replica.create({ id: idOf(1), scope: SCOPE, table: 'photos', data: { sha256 } })
    for (const n of [2, 3, 4])
      await replica.create({ id: idOf(n), scope: SCOPE, table: 'guests', data: { name: 'Ida' } })
    expect((await index.all()).map(({ id }) => id)).toEqual([idOf(1)])
    expect(await index.naming(sha256)).toEqual([idOf(1)])
    await replica.edit(idOf(1), { sha256: 'b'.repeat(64) })
    expect(await index.naming(sha256)).toEqual([])
    expect(asked).toEqual([0, 4])
    expect(pauses).toBe(2)
    index.close()
  } finally {
    await replica.close()
  }
})
