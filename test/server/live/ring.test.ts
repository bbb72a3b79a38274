import { expect, it } from 'vitest'
import type { LiveNews } from '../../../model/rest/live.ts'
import { createRing } from '../../../server/live/ring.ts'

const NEWS: LiveNews = { type: 'presence', weddingId: 'w', devices: [] }

it('gives back what came behind a number, and nothing to whoever is up to date', () => {
  const ring = createRing(3, 100)
  const [a, b] = [ring.add(NEWS, 'w'), ring.add(NEWS)]
  expect([a, b].map(({ event: { id }, scope }) => [id, scope])).toEqual([
    [101, 'w'],
    [102, undefined],
  ])
  expect(ring.since(100)).toEqual([a, b])
  expect(ring.since(101)).toEqual([b])
  expect(ring.since(102)).toEqual([])
})

it('knows that it does not know what is too old, or of another run', () => {
  const ring = createRing(3, 100)
  for (let i = 0; i < 20; i++) ring.add(NEWS)
  expect(ring.since(117)?.map(({ event }) => event.id)).toEqual([118, 119, 120])
  expect(ring.since(105)).toBeUndefined()
  expect(ring.since(121)).toBeUndefined()
  expect(ring.since(7)).toBeUndefined()
})
