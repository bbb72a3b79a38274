import { of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { createPresence, otherOf } from '../../renderer/src/presence/presence.ts'
import { readEntrance } from '../../renderer/src/replica/entrance.ts'

const [wedding, other, item] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]

describe('what a window tells of itself', () => {
  it('is the wedding on the screen and the form that is open there, and nothing when both are closed', () => {
    const told: unknown[] = []
    const presence = createPresence(of([]), (weddingId, state) => told.push([weddingId, state]))
    const leave = presence.enter(wedding)
    const close = presence.edit(item)
    close()
    leave()
    expect(told).toEqual([
      [wedding, {}],
      [wedding, { editing: item }],
      [wedding, {}],
      [null, {}],
    ])
  })

  it('is the screen that came last, though the one before it leaves later', () => {
    let last: unknown
    const presence = createPresence(of([]), (weddingId) => {
      last = weddingId
    })
    const leaveFirst = presence.enter(wedding)
    const leaveSecond = presence.enter(other)
    leaveFirst()
    expect(last).toBe(other)
    leaveSecond()
    expect(last).toBeNull()
  })
})

describe('what others tell of themselves', () => {
  it('is understood as far as this version can, and never believed to be more', () => {
    expect(otherOf('d', wedding, { editing: item })).toEqual({ deviceId: 'd', weddingId: wedding, editing: item })
    for (const state of [null, 'x', {}, { editing: 7 }, { typing: true }]) {
      expect(otherOf('d', wedding, state).editing).toBeUndefined()
    }
  })
})

describe('an invitation in the address', () => {
  it('carries the secret and the fingerprint, as a link for browsers and as one for the app', () => {
    const expected = { kind: 'invitation', secret: 'S', fingerprint: 'sha256:F' }
    expect(readEntrance('#join=S&fp=sha256:F')).toEqual(expected)
    const app = 'wedsync://join?url=https%3A%2F%2Fh&fp=sha256:F&secret=S&team=T'
    expect(readEntrance(`#join=${encodeURIComponent(app)}`)).toEqual(expected)
    expect(readEntrance('#join=S')).toEqual({ ...expected, fingerprint: '' })
  })
})
