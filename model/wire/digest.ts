import { z } from 'zod'

/** I hold nothing of this scope that you have not acknowledged. This is what I hold; is it what you hold? */
export const digest = z.strictObject({
  type: z.literal('digest'),
  scope: z.uuid(),
  classes: z.record(z.string(), z.string().length(64)),
  /** Records left out on both sides, because one of us refused them. */
  except: z.array(z.string().max(100)).max(1_000),
})

/** `busy`: something is still under way between us, ask again after it. */
export const verdict = z.strictObject({
  type: z.literal('verdict'),
  scope: z.uuid(),
  outcome: z.enum(['equal', 'different', 'busy']),
})

/** Send me this scope again from its first change: we differ, and nothing is under way that would explain it. */
export const resend = z.strictObject({ type: z.literal('resend'), scope: z.uuid() })
