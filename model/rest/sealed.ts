/**
 * Edits of sealed values over REST, as a server takes them that merges what it cannot read (`cli.md`, "At the cloud";
 * decision 0043). `data` has a register for a key, as it is called outside, and `edit` says under which dots all of it is sealed:
 *
 *     "data":  { "meal":       {"$sealed": {"keyId": "0", "data": "81Vx_c…"}, "dot": "Zq3…:3"},
 *                "$deleted":   {"$plain": false, "dot": "Zq3…:3"} }
 *     "edit":  { "base": "open", "actor": "Zq3…", "stamp": "0mj8k2p1x000",
 *                "units": {"open": {"counter": 3, "tag": "3q2-7wAAAAA", "seen": {"Zq3…": 2, "Bx1…": 7}}} }
 */
import { z } from 'zod'
import { STAMP_PATTERN } from '../merge/clock.ts'
import { KEY_ID_PATTERN } from '../sealing/keyRing.ts'
import { READ_CLASSES } from '../tables/index.ts'
import { resolveStrategy } from './resolveStrategy.ts'

/** As in the stored form of a record. */
const MAX_COUNTER = 2 ** 48
const MAX_ACTORS = 1_000
const MAX_OPERATION_CHARS = 64
/** A record may not become larger than this, so no value can be. */
const MAX_SEALED_CHARS = 1_000_000

/** 8 bytes as base64url. */
const eightBytes = z.string().regex(/^[\w-]{11}$/, 'Invalid input: expected 11 characters of base64url')
const counter = z.number().int().min(1).max(MAX_COUNTER)
const readClass = z.enum(READ_CLASSES)

/** Actor → counter. */
export const wireVector = z
  .record(eightBytes, counter)
  .refine((vector) => Object.keys(vector).length <= MAX_ACTORS, `Too big: expected <=${MAX_ACTORS} actors`)

/** Who wrote, when, and what of it stands in each unit: all that values are sealed with, beside their place. */
export const sealedEdit = z.strictObject({
  /** The read class of the record, which a server without the key cannot work out. */
  base: readClass,
  actor: eightBytes,
  stamp: z.string().regex(STAMP_PATTERN, 'Invalid input: expected a stamp'),
  /** To be sealed in where a person is to decide; `manual` and `merge` need it for what clashes. */
  ask: z.literal(true).exactOptional(),
  operation: z.string().max(MAX_OPERATION_CHARS).exactOptional(),
  /** Only in a decision. */
  decided: z.strictObject({ conflictId: z.uuid(), strategy: resolveStrategy }).exactOptional(),
  /** By read class. */
  units: z.partialRecord(
    readClass,
    z.strictObject({
      counter,
      tag: eightBytes,
      /** What the author had before their eyes. */
      seen: wireVector,
    }),
  ),
})
export type SealedEdit = z.infer<typeof sealedEdit>

/** `<actor>:<counter>`, as in the history of a record. */
const dot = z.string()

/** One register of `data`. Only what `model/sealing/openFields.ts` names is `$plain`. */
export const sealedRegister = z.union([
  z.strictObject({
    $sealed: z.strictObject({
      keyId: z.string().regex(KEY_ID_PATTERN),
      data: z
        .string()
        .min(1)
        .max(MAX_SEALED_CHARS)
        .regex(/^[\w-]+$/),
    }),
    dot,
  }),
  z.strictObject({ $plain: z.unknown(), dot }),
])
export type SealedRegister = z.infer<typeof sealedRegister>

/** The value of `$deleted`: the record stays, or by read class what the deletion had seen. */
export const deletedValue = z.union([z.literal(false), z.record(z.string().max(20), wireVector)])
