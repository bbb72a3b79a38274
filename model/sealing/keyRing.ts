/**
 * The keys of sealed values, as a tree: whoever holds a secret can derive all that is below it, and nothing beside it.
 *
 *     team root                       derived from the team's private key: whoever may serve as hub
 *      └─ wedding (or team scope)     generation 0; later generations are random, made by a rotation
 *          └─ read class              a role that reads this class of every table
 *              └─ table               a role that reads it of this table only
 *                  └─ encryption key, nonce key
 *
 * When the team's key is replaced (`server/identity/succession.ts`) the new one is another root, of another first generation,
 * above all generations of the epoch before; the old root goes on for names, tags and what was sealed.
 *
 * So one function hands out exactly what a role may read, and a class or a table of a newer version needs no new key.
 * Derivation is HKDF-SHA-256 (RFC 5869). Tags and the names of set members have keys that never change, since every
 * replica must name and tag one edit alike: they hang below the table secret of generation 0.
 */
import { expand } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { toBase64Url } from '../bytes.ts'
import { compareText } from '../merge/vector.ts'
import type { Aead, AeadKey } from './aead.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Where a value stands, as far as its key goes. */
export interface KeyPlace {
  readonly scope: string
  readonly readClass: string
  readonly table: string
}

/** A secret of one branch of the tree: of a whole scope, of a read class in it, or of one table in that class. */
export interface KeyEntry extends KeyName {
  /** 32 bytes. */
  readonly secret: Bytes
}

export interface KeyName {
  readonly scope: string
  readonly keyId: string
  readonly readClass?: string
  /** Only beside `readClass`. */
  readonly table?: string
}

/** Hashes under a secret key. */
export type KeyedHash = (message: Uint8Array) => Bytes

export interface ValueKey {
  readonly keyId: string
  readonly cipher: AeadKey
  readonly nonce: KeyedHash
}

export interface LastingKeys {
  readonly tags: KeyedHash
  readonly names: KeyedHash
}

export interface KeyRing {
  /** Two rings that hold keys of the same names have the same. */
  readonly edition: string
  /** The key for new seals; `undefined` if this ring has none for the place. */
  current(place: KeyPlace): ValueKey | undefined
  byId(place: KeyPlace, keyId: string): ValueKey | undefined
  lasting(place: KeyPlace): LastingKeys | undefined
  /** The secret of a branch, to be given to somebody else; `undefined` if this ring does not hold it, or what is above it. */
  secret(name: KeyName): Bytes | undefined
  /** Key ids of the scope beyond the first generation. */
  laterIds(scope: string): readonly string[]
  /** Whether this ring has the key from a root, so that who holds the same roots needs not be given it. */
  derives(keyId: string): boolean
}

export interface KeyRingContents {
  /** One for each epoch of the team's key, 32 bytes each; absent on devices that may not read everything. */
  readonly roots?: readonly Bytes[]
  readonly entries: readonly KeyEntry[]
}

export const SECRET_BYTES = 32
/** The generation that is derived from the team's root, and the one that tags and names hang on. */
export const FIRST_KEY_ID = '0'

/** Every epoch of the team's key has its own range of generations: what somebody made with an earlier key is never the newest. */
const GENERATIONS_AN_EPOCH = 10_000
const NAME_BYTES = 8

/** That of the key which is derived from the root of this epoch. */
export function firstGeneration(epoch: number): number {
  return epoch * GENERATIONS_AN_EPOCH
}

/** Two owners may replace the team's key at once: what hangs below the one root is not to be taken for the other's. */
function firstKeyId(epoch: number, root: Bytes): string {
  if (epoch === 0) return FIRST_KEY_ID
  return `${firstGeneration(epoch)}.${toBase64Url(derive(root, 'first key').slice(0, NAME_BYTES))}`
}

/** In which epoch of the team's key this key was made. */
export function epochOfKey(keyId: string): number {
  return Math.floor(generationOf(keyId) / GENERATIONS_AN_EPOCH)
}

/** `<generation>` or `<generation>.<11 random characters>`, since two installs may rotate at once. */
export const KEY_ID_PATTERN = /^(0|[1-9]\d{0,5}\.[A-Za-z0-9_-]{11})$/

/** The later generation is last; of two rotations at once, every device takes the same. */
export function compareKeyIds(a: string, b: string): number {
  return generationOf(a) - generationOf(b) || compareText(a, b)
}

export function generationOf(keyId: string): number {
  return Number.parseInt(keyId, 10)
}

function derive(parent: Uint8Array, purpose: string, name = ''): Bytes {
  return expand(sha256, parent, utf8ToBytes(`wedsync sealing 1 ${purpose} ${name}`), SECRET_BYTES)
}

export function createKeyRing({ roots = [], entries }: KeyRingContents, aead: Aead): KeyRing {
  const rootOf = new Map(roots.map((root, epoch) => [firstKeyId(epoch, root), root]))
  /** Secrets by scope, key id and branch. */
  const secrets = new Map<string, Map<string, Map<string, Bytes>>>()
  const valueKeys = new Map<string, ValueKey>()
  const lastingKeys = new Map<string, LastingKeys>()
  for (const { scope, keyId, readClass, table, secret } of entries) {
    const byId = secrets.get(scope) ?? new Map<string, Map<string, Bytes>>()
    const byBranch = byId.get(keyId) ?? new Map<string, Bytes>()
    secrets.set(scope, byId.set(keyId, byBranch.set(branch(readClass, table), secret)))
  }

  function secretOf({ scope, keyId, readClass, table }: KeyName): Bytes | undefined {
    const root = rootOf.get(keyId)
    if (root && readClass === undefined) return derive(root, 'scope', scope)
    const held = root ? undefined : secrets.get(scope)?.get(keyId)?.get(branch(readClass, table))
    if (held || readClass === undefined) return held
    const parent = secretOf(table === undefined ? { scope, keyId } : { scope, keyId, readClass })
    return parent && derive(parent, table === undefined ? 'class' : 'table', table ?? readClass)
  }

  function laterIds(scope: string): readonly string[] {
    const ids = new Set([...rootOf.keys(), ...(secrets.get(scope)?.keys() ?? [])])
    return [...ids].filter((id) => id !== FIRST_KEY_ID).sort(compareKeyIds)
  }

  function byId(place: KeyPlace, keyId: string): ValueKey | undefined {
    const name = `${nameOf(place)} ${keyId}`
    const known = valueKeys.get(name)
    if (known) return known
    const secret = secretOf({ ...place, keyId })
    if (!secret) return undefined
    const key = { keyId, cipher: aead(derive(secret, 'encrypt')), nonce: keyedHash(derive(secret, 'nonce')) }
    valueKeys.set(name, key)
    return key
  }

  return {
    edition: editionOf(roots.length, entries),
    byId,
    secret: secretOf,
    laterIds,
    derives: (keyId) => rootOf.has(keyId),
    current(place) {
      for (const keyId of [FIRST_KEY_ID, ...laterIds(place.scope)].reverse()) {
        const key = byId(place, keyId)
        if (key) return key
      }
      return undefined
    },
    lasting(place) {
      const name = nameOf(place)
      const known = lastingKeys.get(name)
      if (known) return known
      const secret = secretOf({ ...place, keyId: FIRST_KEY_ID })
      if (!secret) return undefined
      const keys = { tags: keyedHash(derive(secret, 'tags')), names: keyedHash(derive(secret, 'names')) }
      lastingKeys.set(name, keys)
      return keys
    },
  }
}

/** 16 digits of a hash of the names. */
function editionOf(roots: number, entries: readonly KeyName[]): string {
  const names = entries.map(({ scope, keyId, readClass, table }) => `${scope} ${keyId} ${branch(readClass, table)}`)
  const held = JSON.stringify([roots > 1 ? roots : roots === 1, [...new Set(names)].sort(compareText)])
  return bytesToHex(sha256(utf8ToBytes(held))).slice(0, 16)
}

function branch(readClass?: string, table?: string): string {
  return JSON.stringify([readClass ?? null, table ?? null])
}

function nameOf({ scope, readClass, table }: KeyPlace): string {
  return JSON.stringify([scope, readClass, table])
}

/** HMAC-SHA-256; the key is prepared once. */
function keyedHash(key: Uint8Array): KeyedHash {
  const prepared = hmac.create(sha256, key)
  return (message) => prepared.clone().update(message).digest()
}
