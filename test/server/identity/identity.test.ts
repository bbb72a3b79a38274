import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  adoptTeam,
  createIdentity,
  loadIdentity,
  renewOwnToken,
  saveIdentity,
} from '../../../server/identity/identity.ts'
import { publicKeyOf } from '../../../server/identity/signed.ts'
import { verifyToken } from '../../../server/identity/token.ts'
import { DAY_MS, MemoryState, NOW_MS, okValue } from './support.ts'

const names = { deviceName: "Ana's laptop", personName: 'Ana' }
const ana = await createIdentity({ ...names, nowMs: NOW_MS })
const ben = await createIdentity({ deviceName: 'Studio', personName: 'Ben', nowMs: NOW_MS })

describe('the identity of a new install', () => {
  it('is its certificate, and the owner of a team of its own', () => {
    expect(ana).toMatchObject({ ...names, grant: { role: 'owner', weddings: 'all' } })
    expect(ana.fingerprint).toBe(`sha256:${ana.deviceId}`)
    expect(new X509Certificate(ana.certPem).subject).toBe("CN=Ana's laptop")
    expect(publicKeyOf(ana.team.privateKey ?? '')).toBe(ana.team.publicKey)
    const ids = [ana, ben].flatMap(({ deviceId, userId, team }) => [deviceId, userId, team.id, team.publicKey])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has a token that its team accepts', () => {
    const capability = okValue(verifyToken(ana.token, ana.team.publicKey, NOW_MS))
    expect(capability).toMatchObject({ team: ana.team.id, user: ana.userId, device: ana.deviceId, role: 'owner' })
  })

  it('is remembered', async () => {
    const state = new MemoryState()
    expect(await loadIdentity(state)).toBeUndefined()
    await saveIdentity(state, ana)
    expect([...state.entries.keys()]).toEqual(['identity'])
    expect(await loadIdentity(state)).toEqual(ana)
  })

  it('is not guessed when damaged, and the message shows none of it', async () => {
    const state = new MemoryState()
    await state.set('identity', { ...ana, team: { ...ana.team, publicKey: 'damaged-key' } })
    const error = await loadIdentity(state).catch((thrown: unknown) => String(thrown))
    expect(error).toBe('Error: the stored identity is malformed: team.publicKey')
    await state.set('identity', 'nonsense')
    await expect(loadIdentity(state)).rejects.toThrow('the stored identity is malformed: all of it')
  })
})

describe('in a team', () => {
  const reply = {
    team: { id: ana.team.id, publicKey: ana.team.publicKey },
    userId: '3f0b8a52-6f0e-4d7c-9a55-0d9c2f6f7a11',
    deviceId: ben.deviceId,
    grant: { role: 'viewer', weddings: [] },
    token: 'given at joining',
    hub: { deviceId: ana.deviceId, name: ana.deviceName },
  } as const

  it('a device stays itself and takes over team, user, grant and token', async () => {
    const joined = adoptTeam(ben, reply)
    const { team, userId, grant, token } = reply
    expect(joined).toEqual({ ...ben, team, userId, grant, token })
    const state = new MemoryState()
    await saveIdentity(state, joined)
    expect(await loadIdentity(state)).toEqual(joined)
  })

  it('a reply for another device is a bug', () => {
    expect(() => adoptTeam(ben, { ...reply, deviceId: ana.deviceId })).toThrow('the reply is for device')
  })

  it('a device with the key renews its token, any other keeps the one it was given', () => {
    const later = NOW_MS + 40 * DAY_MS
    expect(verifyToken(ana.token, ana.team.publicKey, later).ok).toBe(false)
    const renewed = renewOwnToken(ana, later)
    expect(okValue(verifyToken(renewed.token, ana.team.publicKey, later)).device).toBe(ana.deviceId)
    expect({ ...renewed, token: ana.token }).toEqual(ana)
    expect(renewOwnToken(adoptTeam(ben, reply), later).token).toBe('given at joining')
  })
})
