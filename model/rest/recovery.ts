/** `/api/offline/recovery-kit`. */
import { z } from 'zod'

/** `unconfirmed`: made on this device, and nobody has said yet that its words are written down. */
export const recoveryKitReply = z.object({ state: z.enum(['none', 'unconfirmed', 'made']) })
export type RecoveryKitState = z.infer<typeof recoveryKitReply>['state']

export const recoveryWordsReply = z.object({ words: z.array(z.string()) })

export const recoveryKitConfirmed = z.object({ kept: z.literal(true) })
