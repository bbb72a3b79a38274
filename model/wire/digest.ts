import { z } from 'zod'
import { MAX_EXCEPT } from './probe.ts'

/** Hexadecimal, 256 bits. */
export const DIGEST_CHARS = 64
export const OUTCOMES = ['equal', 'different', 'busy', 'foreign'] as const

/** I hold nothing of this scope that you have not acknowledged. This is what I hold; is it what you hold? */
export const digest = z.strictObject({
  type: z.literal('digest'),
  scope: z.uuid(),
  classes: z.record(z.string(), z.string().length(DIGEST_CHARS)),
  /** Records left out on both sides, because one of us refused them. */
  except: z.array(z.string().max(100)).max(MAX_EXCEPT),
})

/** `busy`: something is still under way between us, ask again after it. `foreign`: you have no part in that scope. */
export const verdict = z.strictObject({
  type: z.literal('verdict'),
  scope: z.uuid(),
  outcome: z.enum(OUTCOMES),
})

/** Send me this scope again from its first change: we differ, and sending the records that do has not helped. */
export const resend = z.strictObject({ type: z.literal('resend'), scope: z.uuid() })
