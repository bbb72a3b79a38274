import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { MAX_GRANTED_WEDDINGS } from '../../../server/identity/grant.ts'
import { publicKeyOf } from '../../../server/identity/signed.ts'
import {
  type Capability,
  createTeamKeys,
  isRenewalOf,
  MAX_TOKEN_CHARS,
  mintFor,
  mintToken,
  privateKeySchema,
  publicKeySchema,
  readToken,
  renewToken,
  TOKEN_LIFE_MS,
  teamOfToken,
  verifyToken,
} from '../../../server/identity/token.ts'
import { DAY_MS, errorOf, NOW_MS, okValue } from './support.ts'

const keys = createTeamKeys()
const otherTeam = createTeamKeys()
const capability: Capability = {
  v: 1,
  id: randomUUID(),
  team: randomUUID(),
  user: randomUUID(),
  device: 'd'.repeat(43),
  holder: 'install',
  role: 'photographer',
  weddings: [randomUUID()],
  issuedAt: NOW_MS,
  expiresAt: NOW_MS + TOKEN_LIFE_MS,
}
const token = mintToken(capability, keys.privateKey)
const [version = '', payload = '', signature = ''] = token.split('.')

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

describe('a token', () => {
  it('says who may do what, to whoever has the public key', () => {
    expect(token).toMatch(/^ws1\.[\w-]+\.[\w-]{86}$/)
    expect(okValue(verifyToken(token, keys.publicKey, NOW_MS))).toEqual(capability)
    expect(teamOfToken(token)).toBe(capability.team)
  })

  it('lives for 30 days, to the millisecond', () => {
    const { team, user, device, holder } = capability
    const fresh = mintFor({ team, user, device, holder, role: 'owner', weddings: 'all' }, keys.privateKey, NOW_MS)
    const end = NOW_MS + 30 * DAY_MS
    expect(okValue(verifyToken(fresh, keys.publicKey, end - 1))).toMatchObject({ user, issuedAt: NOW_MS })
    expect(errorOf(verifyToken(fresh, keys.publicKey, end))).toEqual({ kind: 'expired', expiredAt: end })
    expect(readToken(fresh, keys.publicKey).ok).toBe(true)
  })

  it('is renewed for the same place in the team, once it is a day old', () => {
    const nextDay = NOW_MS + DAY_MS
    expect(renewToken(capability, keys.privateKey, nextDay - 1)).toBeUndefined()
    const renewed = renewToken(capability, keys.privateKey, nextDay) ?? ''
    const { id: _, ...place } = capability
    const expected = { ...place, issuedAt: nextDay, expiresAt: nextDay + TOKEN_LIFE_MS }
    expect(okValue(verifyToken(renewed, keys.publicKey, nextDay))).toMatchObject(expected)
    expect(isRenewalOf(renewed, token, keys.publicKey)).toBe(true)
    expect(isRenewalOf(token, renewed, keys.publicKey)).toBe(false)
  })

  it('is not replaced by one of another place, of another team, or by no token at all', () => {
    const later = { ...capability, id: randomUUID(), issuedAt: NOW_MS + DAY_MS, expiresAt: NOW_MS + 31 * DAY_MS }
    const others = [
      { role: 'planner' },
      { weddings: 'all' },
      { device: 'e'.repeat(43) },
      { user: randomUUID() },
    ] as const
    for (const other of others) {
      expect(isRenewalOf(mintToken({ ...later, ...other }, keys.privateKey), token, keys.publicKey)).toBe(false)
    }
    expect(isRenewalOf(mintToken(later, otherTeam.privateKey), token, keys.publicKey)).toBe(false)
    expect(isRenewalOf('renewed', token, keys.publicKey)).toBe(false)
    expect(isRenewalOf(mintToken(later, keys.privateKey), token, keys.publicKey)).toBe(true)
  })

  it('of another team is not ours, even if it claims to be', () => {
    const foreign = mintToken({ ...capability, team: randomUUID() }, otherTeam.privateKey)
    const forged = mintToken(capability, otherTeam.privateKey)
    expect(errorOf(verifyToken(foreign, keys.publicKey, NOW_MS))).toEqual({ kind: 'wrong-signature' })
    expect(errorOf(verifyToken(forged, keys.publicKey, NOW_MS))).toEqual({ kind: 'wrong-signature' })
  })

  it('does not survive a better role, a later end or a borrowed signature', () => {
    const changes = [{ role: 'owner' }, { weddings: 'all' }, { expiresAt: NOW_MS + 100 * TOKEN_LIFE_MS }]
    for (const change of changes) {
      const forged = `ws1.${encode({ ...capability, ...change })}.${signature}`
      expect(errorOf(verifyToken(forged, keys.publicKey, NOW_MS))).toEqual({ kind: 'wrong-signature' })
    }
  })

  it('does not survive the change of any of its characters', () => {
    for (let at = 0; at < token.length; at++) {
      for (const char of ['A', 'B', '.', '=']) {
        const changed = token.slice(0, at) + char + token.slice(at + 1)
        if (changed === token) continue
        expect(['malformed', 'wrong-signature']).toContain(errorOf(verifyToken(changed, keys.publicKey, NOW_MS)).kind)
      }
    }
  })

  it('has one spelling: the unused bits of its last character are not free', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const last = alphabet.indexOf(token.slice(-1))
    const respelt = token.slice(0, -1) + alphabet.charAt(last + 1)
    expect(Buffer.from(respelt.split('.')[2] ?? '', 'base64url')).toEqual(Buffer.from(signature, 'base64url'))
    expect(errorOf(verifyToken(respelt, keys.publicKey, NOW_MS))).toEqual({ kind: 'malformed' })
  })

  it.each([
    ['nothing', ''],
    ['words', 'not a token'],
    ['another version', `ws2.${payload}.${signature}`],
    ['a missing signature', `${version}.${payload}`],
    ['an empty signature', `${version}.${payload}.`],
    ['a short signature', `${version}.${payload}.${signature.slice(0, 80)}`],
    ['a fourth part', `${token}.${signature}`],
    ['padding', `${token}==`],
    ['white space', ` ${token}`],
    ['a payload that is no JSON', `ws1.${Buffer.from('{').toString('base64url')}.${signature}`],
    ['too much', `ws1.${'A'.repeat(MAX_TOKEN_CHARS)}.${signature}`],
  ])('with %s is malformed', (_, text) => {
    expect(errorOf(verifyToken(text, keys.publicKey, NOW_MS))).toEqual({ kind: 'malformed' })
    expect(teamOfToken(text)).toBeUndefined()
  })

  it('is not minted for what would not be understood', () => {
    expect(() => mintToken({ ...capability, device: '../../etc' }, keys.privateKey)).toThrow('not a device id')
  })

  it('has room for the largest grant', () => {
    const weddings = Array.from({ length: MAX_GRANTED_WEDDINGS }, () => randomUUID())
    const large = mintToken({ ...capability, weddings }, keys.privateKey)
    expect(large.length).toBeLessThanOrEqual(MAX_TOKEN_CHARS)
    expect(okValue(verifyToken(large, keys.publicKey, NOW_MS)).weddings).toEqual(weddings)
  })
})

describe('team keys', () => {
  it('belong together', () => {
    expect(publicKeyOf(keys.privateKey)).toBe(keys.publicKey)
    expect(publicKeySchema.safeParse(keys.publicKey).success).toBe(true)
    expect(privateKeySchema.safeParse(keys.privateKey).success).toBe(true)
  })

  it('are Ed25519 and nothing else', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' })
    for (const text of ['', 'AAAA', keys.privateKey, ec.toString('base64url')]) {
      expect(publicKeySchema.safeParse(text).success).toBe(false)
    }
    expect(privateKeySchema.safeParse(keys.publicKey).success).toBe(false)
    expect(() => verifyToken(token, ec.toString('base64url'), NOW_MS)).toThrow('a team key is Ed25519')
  })
})
