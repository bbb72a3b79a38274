/**
 * Secrets wrapped for one device: ECDH on P-256 with a key made for the purpose, HKDF-SHA-256, AES-256-GCM. The shape is that of
 * HPKE's base mode (RFC 9180, §4.1, §5.1), with names of our own; a wrapping key encrypts one message, so its nonce is 0.
 */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { z } from 'zod'
import { GCM_KEY_BYTES, GCM_NONCE_BYTES, openGcm, sealGcm } from './gcm.ts'

export interface WrappingKeys {
  /** SPKI DER, base64url. */
  readonly publicKey: string
  /** PKCS#8 DER, base64url. */
  readonly privateKey: string
}

export const wrappingPublicKeySchema = z.string().max(200).refine(isP256(publicKeyObject), 'not a P-256 public key')
export const wrappingPrivateKeySchema = z.string().max(400).refine(isP256(privateKeyObject), 'not a P-256 private key')

/** Made by the sender; `sealed` is ciphertext and authentication tag. Both base64url. */
export const wrappedSchema = z.strictObject({ ephemeral: wrappingPublicKeySchema, sealed: z.string().max(20_000) })
export type Wrapped = z.infer<typeof wrappedSchema>

const NONCE = Buffer.alloc(GCM_NONCE_BYTES)

export function createWrappingKeys(): WrappingKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url'),
  }
}

/** @param context what it is for; it opens only with the same */
export function wrapFor(publicKey: string, context: string, secret: Uint8Array): Wrapped {
  const own = createWrappingKeys()
  const key = sharedKey(own.privateKey, publicKey, own.publicKey, publicKey)
  const sealed = sealGcm(key, NONCE, Buffer.from(context), secret)
  return { ephemeral: own.publicKey, sealed: sealed.toString('base64url') }
}

/** @returns `undefined` if it was wrapped for another key or purpose, or changed since */
export function unwrap(keys: WrappingKeys, context: string, { ephemeral, sealed }: Wrapped): Buffer | undefined {
  const key = sharedKey(keys.privateKey, ephemeral, ephemeral, keys.publicKey)
  return openGcm(key, NONCE, Buffer.from(context), Buffer.from(sealed, 'base64url'))
}

function sharedKey(privateKey: string, publicKey: string, ephemeral: string, recipient: string): Uint8Array {
  const secret = diffieHellman({ privateKey: privateKeyObject(privateKey), publicKey: publicKeyObject(publicKey) })
  const parties = Buffer.concat([Buffer.from('wedsync wrapping 1'), ...[ephemeral, recipient].map(fromBase64)])
  return new Uint8Array(hkdfSync('sha256', secret, Buffer.alloc(0), parties, GCM_KEY_BYTES))
}

function publicKeyObject(text: string): KeyObject {
  return createPublicKey({ key: fromBase64(text), type: 'spki', format: 'der' })
}

function privateKeyObject(text: string): KeyObject {
  return createPrivateKey({ key: fromBase64(text), type: 'pkcs8', format: 'der' })
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}

function isP256(read: (text: string) => KeyObject): (text: string) => boolean {
  return (text) => {
    try {
      const key = read(text)
      return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    } catch {
      // Whatever OpenSSL has against the bytes: they are no such key.
      return false
    }
  }
}
