/**
 * What the audit keeps of an operation (`wedsync-api.md` §2.10): who did what from where, and what came of it. Never the
 * values themselves: an entry outlives the data, and is read by people who may not read the data.
 */
import { z } from 'zod'

export const AUDIT_EVENTS = [
  'sync',
  'resolution',
  'export',
  'erasure',
  'login',
  'join',
  'enrolment',
  'revocation',
  'refusal',
  'queue',
  'hub',
  'device',
  'audit',
] as const

export const auditEntry = z.object({
  entryId: z.uuid(),
  event: z.enum(AUDIT_EVENTS),
  /**
   * `begun` is written before anything is done, so an operation that cannot be put on record is not begun; `done`,
   * `refused` or `failed` follows under the same `operationId`. One that ends with the process has no end on record.
   */
  phase: z.enum(['begun', 'done', 'refused', 'failed']),
  operationId: z.uuid(),
  actor: z.enum(['user', 'system', 'admin', 'vendor']),
  /** Of an entry about a conflict: which, and what happened to it. */
  conflictId: z.uuid().optional(),
  action: z.enum(['detected', 'resolved', 'escalated', 'merged', 'rejected']).optional(),
  /** What it was about: a route, a wedding, a device. */
  resource: z.string(),
  timestamp: z.object({ timestamp: z.iso.datetime(), timezone: z.literal('UTC'), deviceTime: z.string().nullable() }),
  /** Null for whoever could not say who they are, and for the server itself. */
  user: z
    .object({ id: z.string(), role: z.string(), deviceId: z.string(), sessionId: z.string().nullable() })
    .nullable(),
  security: z.object({
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    risk: z.number().int().min(0).max(100),
  }),
  classification: z.enum(['public', 'internal', 'confidential', 'restricted']),
  /** Counts and ids, masked. */
  details: z.record(z.string(), z.unknown()),
})
export type AuditEntry = z.infer<typeof auditEntry>

const SECRET_KEY = /token|secret|password|passphrase|authorization|^key$|keyPem|join$|^browser$/i
const TOKEN = /\bws1\.[\w-]+\.[\w-]+|\bBearer +\S+/g
const EMAIL = /[^\s@"'<>]+@[^\s@"'<>]+\.[^\s@"'<>.]+/g
const MAX_TEXT_CHARS = 300
const MAX_LIST = 200

/** Without what must not be read in a log: e-mail addresses, tokens, whatever stands under the name of a secret. */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(TOKEN, '[token]').replace(EMAIL, '[e-mail]').slice(0, MAX_TEXT_CHARS)
  }
  if (Array.isArray(value)) return value.slice(0, MAX_LIST).map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET_KEY.test(key) ? '[secret]' : masked(inner)]),
  )
}
