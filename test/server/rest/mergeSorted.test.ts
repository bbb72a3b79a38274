import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeSorted } from '../../../server/rest/mergeSorted.ts'

const byNumber = (a: number, b: number) => a - b

it('gives all items of all sources in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 50 }))), (sources) => {
      const sorted = sources.map((source) => [...source].sort(byNumber))
      expect([...mergeSorted(sorted, byNumber)]).toEqual(sources.flat().sort(byNumber))
    }),
  )
})

it('equal items come in the order of their sources', () => {
  const sources = ['a', 'b', 'c'].map((name) => [1, 1, 2].map((n) => ({ n, name })))
  const merged = [...mergeSorted(sources, (a, b) => a.n - b.n)].map(({ n, name }) => `${n}${name}`)
  expect(merged).toEqual(['1a', '1a', '1b', '1b', '1c', '1c', '2a', '2b', '2c'])
})

it('looks at no more than it is asked for', () => {
  let taken = 0
  function* counted(): Generator<number> {
    for (let n = 0; ; n++) {
      taken += 1
      yield n
    }
  }
  const merged = mergeSorted([counted(), counted()], byNumber)
  for (let n = 0; n < 10; n++) merged.next()
  expect(taken).toBeLessThanOrEqual(12)
})
