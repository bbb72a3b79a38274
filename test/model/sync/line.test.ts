import { describe, expect, it } from 'vitest'
import { createLine } from '../../../model/sync/line.ts'

/** Sends batches over a line of so many bits a second and so much latency, and says what the line then allows. */
function measured(bitsPerSecond: number, { rttMs = 20, commitMs = 30, batches = 12, saver = false } = {}) {
  let nowMs = 1_000
  const line = createLine(
    () => nowMs,
    () => saver,
  )
  line.pinged()
  nowMs += rttMs
  line.ponged()
  for (let i = 0; i < batches; i++) {
    const { chars, parallel } = line.allowance()
    const flights = Array.from({ length: parallel }, () => line.sent(Math.min(chars / parallel, 40_000)))
    let arrivedMs = nowMs + rttMs / 2
    let committedMs = 0
    for (const flight of flights) {
      arrivedMs += (flight.chars * 8_000) / bitsPerSecond
      committedMs = Math.max(committedMs, arrivedMs) + commitMs
      nowMs = committedMs + rttMs / 2
      line.acknowledged([flight], committedMs - arrivedMs)
    }
  }
  return { ...line.allowance(), ...line.quality() }
}

describe('a line', () => {
  it.each([
    { what: 'a LAN', bits: 50e6, records: 100, parallel: 5 },
    { what: 'a fair line', bits: 7e6, records: 50, parallel: 3 },
    { what: 'a slow line', bits: 2e6, records: 25, parallel: 2 },
    { what: 'a line of the year 2000', bits: 60e3, records: 5, parallel: 1 },
  ])('[SYN8] $what is given batches by its throughput, as §2.5 has them', ({ bits, records, parallel }) => {
    const line = measured(bits)
    expect(line).toMatchObject({ records, parallel })
    expect((line.bitsPerSecond ?? 0) / bits).toBeCloseTo(1, 1)
  })

  it('[SYN8] is not taken for slow because the peer is, or because it is long', () => {
    expect(measured(50e6, { commitMs: 400 })).toMatchObject({ records: 100, parallel: 5 })
    expect(measured(50e6, { rttMs: 600 })).toMatchObject({ records: 100, parallel: 5, rttMs: 600 })
  })

  it('[SYN8] has no more under way than it carries in half a second, within bounds', () => {
    expect(measured(2e6).chars).toBeCloseTo(125_000, -4)
    expect([measured(1e3).chars, measured(1e9).chars]).toEqual([8_000, 256_000])
  })

  it('[SYN8] is given little where the person wants little data to be used', () => {
    expect(measured(50e6, { saver: true })).toMatchObject({ records: 3, parallel: 1 })
  })
})
