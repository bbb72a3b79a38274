import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createJoin, redeemJoin } from '../../../server/identity/joins.ts'
import { MemoryState, NOW_MS, okValue } from './support.ts'

const grant = { role: 'photographer', weddings: [randomUUID()] } as const
const join = { ...grant, expiresInSeconds: 3_600, nowMs: NOW_MS }

describe('a join secret', () => {
  it('lets one device in, with the grant it was made for', async () => {
    const state = new MemoryState()
    const secret = await createJoin(state, join)
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(okValue(await redeemJoin(state, secret, NOW_MS + 1))).toEqual(grant)
    expect(await redeemJoin(state, secret, NOW_MS + 2)).toEqual({ ok: false, error: { kind: 'used' } })
  })

  it('lets one of many in who present it at once, and leaves other secrets alone', async () => {
    const state = new MemoryState()
    const [secret, other] = [await createJoin(state, join), await createJoin(state, join)]
    const results = await Promise.all(Array.from({ length: 20 }, () => redeemJoin(state, secret, NOW_MS)))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    expect(results.filter((result) => !result.ok && result.error.kind === 'used')).toHaveLength(19)
    expect(okValue(await redeemJoin(state, other, NOW_MS))).toEqual(grant)
  })

  it('expires on the millisecond; one that was used stays used', async () => {
    const state = new MemoryState()
    const [late, used] = [await createJoin(state, join), await createJoin(state, join)]
    const end = NOW_MS + 3_600_000
    expect((await redeemJoin(state, used, end - 1)).ok).toBe(true)
    expect(await redeemJoin(state, late, end)).toEqual({ ok: false, error: { kind: 'expired' } })
    expect(await redeemJoin(state, used, end)).toEqual({ ok: false, error: { kind: 'used' } })
  })

  it.each(['', 'guess', 'A'.repeat(43)])('that nobody made is unknown: %j', async (secret) => {
    const state = new MemoryState()
    await createJoin(state, join)
    expect(await redeemJoin(state, secret, NOW_MS)).toEqual({ ok: false, error: { kind: 'unknown' } })
    expect(state.entries.size).toBe(1)
  })

  it('is stored nowhere, neither before nor after its use', async () => {
    const state = new MemoryState()
    const secret = await createJoin(state, join)
    await redeemJoin(state, secret, NOW_MS)
    const [[key] = []] = [...state.entries]
    expect(key).toMatch(/^join\/[\w-]{43}$/)
    expect(JSON.stringify([...state.entries])).not.toContain(secret)
  })

  it('is not lost when the disk fails, and the next in line is served', async () => {
    const state = new MemoryState()
    const secret = await createJoin(state, join)
    const set = state.set.bind(state)
    state.set = () => Promise.reject(new Error('disk full'))
    const first = redeemJoin(state, secret, NOW_MS)
    await expect(first).rejects.toThrow('disk full')
    state.set = set
    expect(okValue(await redeemJoin(state, secret, NOW_MS))).toEqual(grant)
  })
})
