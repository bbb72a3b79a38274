/**
 * One value, sealed: `{"$sealed": {"keyId": "0", "data": base64url(nonce ‖ ciphertext ‖ authentication tag)}}`.
 *
 * The nonce is synthetic, HMAC(nonce key, associated data ‖ plaintext) cut to 96 bits, so under one key one edit of one field has
 * one ciphertext, whichever device seals it; two different plaintexts share a nonce with odds of 2^-96 (the idea of SIV:
 * Rogaway, Shrimpton 2006). The associated data says where the value stands and everything that its edit says of itself,
 * so a sealed value cannot be moved, and an edit's clock, tag or marks cannot be changed, without opening failing.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { fromBase64Url, fromUtf8, toBase64Url } from '../bytes.ts'
import { canonicalJson } from '../canonicalJson.ts'
import type { Envelope } from '../merge/envelope.ts'
import type { Edit } from '../merge/unit.ts'
import { isDeeperThan } from '../tables/validate.ts'
import { NONCE_BYTES } from './aead.ts'
import type { ValueKey } from './keyRing.ts'

/** Where a value stands: under which name, in which unit of which record. */
export interface SealPlace {
  readonly scope: string
  readonly recordId: string
  readonly table: string
  readonly base: string
  readonly readClass: string
  /** As it is called outside, where members of sets have no names. */
  readonly register: string
}

export interface Plain {
  readonly value: Envelope
  /** Whom the register is about, if it is one of a set. */
  readonly member?: string
}

/** @param edit as it is outside, that is, with its masked tag */
export async function sealValue(plain: Plain, place: SealPlace, edit: Edit, key: ValueKey): Promise<Envelope> {
  const associated = associatedData(place, edit, key.keyId)
  const text = canonicalJson(plain.member === undefined ? [plain.value] : [plain.value, plain.member])
  const plaintext = utf8ToBytes(padded(text))
  const nonce = key.nonce(joined(associated, plaintext)).slice(0, NONCE_BYTES)
  const ciphertext = await key.cipher.encrypt(nonce, associated, plaintext)
  return { $sealed: { keyId: key.keyId, data: toBase64Url(joined(nonce, ciphertext)) } }
}

const payload = z.union([z.tuple([z.unknown()]), z.tuple([z.unknown(), z.string()])])
/** As in the stored form of a record: what is deeper could be neither written down nor compared. */
const MAX_VALUE_DEPTH = 50

/** @returns `undefined` if it was not sealed here, by this edit, under this key */
export async function openValue(data: string, place: SealPlace, edit: Edit, key: ValueKey): Promise<Plain | undefined> {
  const bytes = fromBase64Url(data)
  if (!bytes || bytes.length <= NONCE_BYTES) return undefined
  const associated = associatedData(place, edit, key.keyId)
  const plaintext = await key.cipher.decrypt(bytes.slice(0, NONCE_BYTES), associated, bytes.slice(NONCE_BYTES))
  const parsed = plaintext && payload.safeParse(parseJson(fromUtf8(plaintext)))
  if (!parsed?.success) return undefined
  const [value, member] = parsed.data
  if (isDeeperThan(value, MAX_VALUE_DEPTH)) return undefined
  return member === undefined ? { value } : { value, member }
}

function associatedData(place: SealPlace, edit: Edit, keyId: string): Uint8Array<ArrayBuffer> {
  const { scope, recordId, table, base, readClass, register } = place
  const { actor, counter, stamp, tag, ask = false, operation = null, decided } = edit
  const marks = [ask, operation, decided ? [decided.conflictId, decided.strategy] : null]
  return utf8ToBytes(
    JSON.stringify([1, keyId, scope, recordId, table, base, readClass, register, actor, counter, stamp, tag, ...marks]),
  )
}

/** Shortest length, in bytes, so that yes, no, numbers and most names look alike. */
const MIN_PADDED = 32

/**
 * With blanks behind it, which JSON ignores, up to a length of few significant bits: lengths tell less, for at most 12 %
 * more bytes (PADMÉ: Nikitin et al., *Reducing Metadata Leakage from Encrypted Files*, PETS 2019).
 */
function padded(text: string): string {
  const bytes = utf8ToBytes(text).length
  return text + ' '.repeat(paddedLength(bytes) - bytes)
}

export function paddedLength(bytes: number): number {
  if (bytes <= MIN_PADDED) return MIN_PADDED
  const exponent = Math.floor(Math.log2(bytes))
  const free = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1)
  return Math.ceil(bytes / free) * free
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: whoever holds the key has sealed something else
  }
}
