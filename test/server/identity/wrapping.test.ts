import { describe, expect, it } from 'vitest'
import { createTeamKeys } from '../../../server/identity/token.ts'
import { createWrappingKeys, unwrap, wrapFor, wrappingPublicKeySchema } from '../../../server/identity/wrapping.ts'

const SECRET = Buffer.from('the secret of a wedding')

describe('wrapping', () => {
  it('opens for the one device that it was made for', () => {
    const [device, other] = [createWrappingKeys(), createWrappingKeys()]
    const wrapped = wrapFor(device.publicKey, 'purpose', SECRET)
    expect(unwrap(device, 'purpose', wrapped)).toEqual(SECRET)
    expect(unwrap(other, 'purpose', wrapped)).toBeUndefined()
    expect(unwrap(device, 'another purpose', wrapped)).toBeUndefined()
    expect(JSON.stringify(wrapped)).not.toContain(SECRET.toString('base64url'))
  })

  it('is another text each time, and notices any change', () => {
    const device = createWrappingKeys()
    const [one, two] = [wrapFor(device.publicKey, 'p', SECRET), wrapFor(device.publicKey, 'p', SECRET)]
    expect(one).not.toEqual(two)
    expect(unwrap(device, 'p', { ...one, ephemeral: two.ephemeral })).toBeUndefined()
    const bytes = Buffer.from(one.sealed, 'base64url')
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Buffer.from(bytes)
      damaged[i] = (damaged[i] ?? 0) ^ 1
      expect(unwrap(device, 'p', { ...one, sealed: damaged.toString('base64url') })).toBeUndefined()
    }
    expect(unwrap(device, 'p', { ...one, sealed: '' })).toBeUndefined()
  })

  it('takes no key of another kind', () => {
    expect(wrappingPublicKeySchema.safeParse(createWrappingKeys().publicKey).success).toBe(true)
    expect(wrappingPublicKeySchema.safeParse(createTeamKeys().publicKey).success).toBe(false)
    expect(wrappingPublicKeySchema.safeParse('nonsense').success).toBe(false)
  })
})
