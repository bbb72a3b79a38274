import { describe, expect, it } from 'vitest'
import { isOutOfRoom, roomNotice } from '../../renderer/src/replica/room.ts'

describe('the room that a browser leaves', () => {
  it('is told of when little is left, with the risk if the browser has not promised to keep it', () => {
    expect(roomNotice({ usage: 1_000_000, quota: 2_000_000_000, persisted: false })).toBeUndefined()
    const little = { usage: 970_000_000, quota: 1_000_000_000 }
    expect(roomNotice({ ...little, persisted: true })).toMatch(/^This browser has 30 MB left .* do not fit\.$/)
    expect(roomNotice({ ...little, persisted: false })).toMatch(/may also clear it/)
    expect(roomNotice({ usage: 3, quota: 2, persisted: true })).toMatch(/has 0 MB left/)
  })

  it('is nothing to tell of when the browser does not say', () => {
    expect(roomNotice({ persisted: false })).toBeUndefined()
  })

  it('is known to be the reason however the error was wrapped, and for no other error', () => {
    const full = new DOMException('the disk is full', 'QuotaExceededError')
    const aborted = Object.assign(new Error('aborted'), { name: 'AbortError', inner: full })
    expect([full, aborted, new Error('write failed', { cause: aborted })].map((each) => isOutOfRoom(each))).toEqual(
      Array(3).fill(true),
    )
    const round: { name: string; inner?: unknown } = { name: 'Error' }
    round.inner = round
    expect(
      [new Error('QuotaExceededError'), 'QuotaExceededError', undefined, round].map((each) => isOutOfRoom(each)),
    ).toEqual(Array(4).fill(false))
  })
})
