/** What commands of this computer ask a running app for, whose database key only it has. Loopback, and no part of the API. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'

export const COMMAND_PATH = '/api/offline/command'

export const backupRequest = z.strictObject({
  out: z.string().refine(isAbsolute, 'not an absolute path'),
  passphrase: z.string().exactOptional(),
})

export const backupReply = z.object({
  file: z.string(),
  records: z.number(),
  digest: z.string(),
  /** Of this backup alone. */
  keyHex: z.string(),
  blobs: z.number(),
  missingBlobs: z.array(z.string()),
  damagedBlobs: z.array(z.string()),
})

export const verifyReply = z.object({
  findings: z.array(
    z.object({
      check: z.enum(['database', 'version', 'record', 'change order', 'history', 'audit', 'identity', 'blob']),
      what: z.string(),
    }),
  ),
  digests: z.array(z.object({ scope: z.string(), records: z.number(), digest: z.string() })),
  toFetch: z.number(),
})
