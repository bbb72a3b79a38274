/**
 * The messages that go to and fro at every edit, recognised by hand: a hundred devices answer each edit of one of them, and a
 * schema takes ten times as long, on a device that has just started a hundred times. Only what the schemas would take as it is
 * passes here; whatever is not recognised goes to them, which find out what is wrong with it.
 */
import { z } from 'zod'
import { isObject } from '../merge/codec.ts'
import { MAX_BATCHES } from './ack.ts'
import { MAX_CHANGES } from './changes.ts'
import { DIGEST_CHARS, OUTCOMES } from './digest.ts'
import type { Ack, Changes, Digest, Ping, Pong, Verdict } from './index.ts'

const UUID = z.regexes.uuid()

type Raw = Readonly<Record<string, unknown>>

export function isFrequent(raw: unknown): raw is Changes | Ack | Digest | Verdict | Ping | Pong {
  if (!isObject(raw)) return false
  switch (raw.type) {
    case 'changes':
      return isChanges(raw)
    case 'ack':
      return isAck(raw)
    case 'digest':
      return isDigest(raw)
    case 'verdict':
      return hasOnly(raw, 3) && isScope(raw.scope) && OUTCOMES.some((outcome) => outcome === raw.outcome)
    case 'ping':
    case 'pong':
      return hasOnly(raw, 1)
    default:
      return false
  }
}

function isChanges(raw: Raw): boolean {
  const { scope, seq, remaining, records } = raw
  if (!hasOnly(raw, 5) || !isScope(scope) || !isCount(seq) || !isCount(remaining)) return false
  return Array.isArray(records) && records.length <= MAX_CHANGES
}

/** One that refuses something is rare. */
function isAck(raw: Raw): boolean {
  const { scope, seq, refused, tookMs, batches } = raw
  if (!isScope(scope) || !isCount(seq) || !Array.isArray(refused) || refused.length > 0) return false
  if (raw.needs !== undefined || raw.absent !== undefined) return false
  if (tookMs === undefined) return hasOnly(raw, 4)
  if (typeof tookMs !== 'number' || !Number.isFinite(tookMs) || tookMs < 0) return false
  if (batches === undefined) return hasOnly(raw, 5)
  return hasOnly(raw, 6) && isCount(batches) && batches >= 2 && batches <= MAX_BATCHES
}

function isDigest(raw: Raw): boolean {
  const { scope, classes, except } = raw
  if (!hasOnly(raw, 4) || !isScope(scope) || !isObject(classes)) return false
  if (!Array.isArray(except) || except.length > 0) return false
  return Object.entries(classes).every(
    ([name, digest]) => name !== '__proto__' && typeof digest === 'string' && digest.length === DIGEST_CHARS,
  )
}

/** So many keys: with those that were looked at and are there, it has no others. */
function hasOnly(raw: Raw, keys: number): boolean {
  return Object.keys(raw).length === keys
}

function isScope(raw: unknown): boolean {
  return typeof raw === 'string' && UUID.test(raw)
}

function isCount(raw: unknown): raw is number {
  return Number.isSafeInteger(raw) && typeof raw === 'number' && raw >= 0
}
