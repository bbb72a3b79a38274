import { webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NONCE_BYTES } from '../../../model/sealing/aead.ts'
import { nodeAead } from '../../../server/identity/nodeAead.ts'
import { webCryptoAead } from '../../support/webCryptoAead.ts'

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => new Uint8Array(array))
const sealing = fc.record({
  key: bytes(32, 32),
  nonce: bytes(NONCE_BYTES, NONCE_BYTES),
  associated: bytes(0, 300),
  plaintext: bytes(0, 300),
})

it('[SEA1] seals as Web Crypto does, and each opens what the other has sealed', async () => {
  await fc.assert(
    fc.asyncProperty(sealing, async ({ key, nonce, associated, plaintext }) => {
      const [ours, reference] = [nodeAead(key), webCryptoAead(webcrypto.subtle)(key)]
      const sealed = await ours.encrypt(nonce, associated, plaintext)
      expect(new Uint8Array(sealed)).toEqual(await reference.encrypt(nonce, associated, plaintext))
      expect(await reference.decrypt(nonce, associated, sealed)).toEqual(plaintext)
      expect(new Uint8Array((await ours.decrypt(nonce, associated, sealed)) ?? [])).toEqual(plaintext)
    }),
  )
})

it('[SEA1] opens nothing of which a bit was changed, or that is too short', async () => {
  await fc.assert(
    fc.asyncProperty(sealing, fc.nat(), async ({ key, nonce, associated, plaintext }, place) => {
      const aead = nodeAead(key)
      const sealed = new Uint8Array(await aead.encrypt(nonce, associated, plaintext))
      const changed = (original: Uint8Array<ArrayBuffer>) =>
        original.map((byte, i) => (i === place % original.length ? byte ^ (1 << (place % 8)) : byte))
      expect(await aead.decrypt(nonce, associated, changed(sealed))).toBeUndefined()
      expect(await aead.decrypt(changed(nonce), associated, sealed)).toBeUndefined()
      expect(await nodeAead(changed(key)).decrypt(nonce, associated, sealed)).toBeUndefined()
      if (associated.length > 0) expect(await aead.decrypt(nonce, changed(associated), sealed)).toBeUndefined()
      expect(await aead.decrypt(nonce, associated, sealed.subarray(0, place % sealed.length))).toBeUndefined()
    }),
  )
})
