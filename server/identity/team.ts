/** A team as one of its devices knows it: the key that signs for it now, and how that came to be the key. */
import { z } from 'zod'
import { privateKeySchema, publicKeySchema } from './token.ts'

/** More often nobody loses a laptop; generations of keys have room for no more (`model/sealing/keyRing.ts`). */
export const MAX_EPOCH = 99

/** One statement of succession (`succession.ts`), with a part for each laptop that stays. */
export const successionText = z.string().max(300_000)

export const teamSchema = z.object({
  id: z.uuid(),
  /** That signs for the team now. */
  publicKey: publicKeySchema,
  /** Only on devices that may serve as hub, and so have to let others in. */
  privateKey: privateKeySchema.exactOptional(),
  /** Of the recovery kit that was made with the team. A team of an earlier version has none, and cannot replace its key. */
  recoveryKey: publicKeySchema.exactOptional(),
  /** The key that the team was founded with, if it has another by now. */
  founding: publicKeySchema.exactOptional(),
  /** The statements that lead from the one to the other, in their order: as many as the epoch says. */
  successions: z.array(successionText).max(MAX_EPOCH).readonly().exactOptional(),
  /** Private keys of the epochs before, from the founding on; beside `privateKey`. */
  formerKeys: z.array(privateKeySchema).max(MAX_EPOCH).readonly().exactOptional(),
})
export type Team = z.infer<typeof teamSchema>

/** How often the team's key was replaced. */
export function epochOf({ successions }: Pick<Team, 'successions'>): number {
  return successions?.length ?? 0
}

/** What a device may know that may not serve as hub. */
export function withoutPrivateKeys({ privateKey: _now, formerKeys: _before, ...team }: Team): Team {
  return team
}

/** By epoch, those that this device holds. */
export function privateKeysOf({ formerKeys = [], privateKey }: Pick<Team, 'formerKeys' | 'privateKey'>): string[] {
  return privateKey === undefined ? [...formerKeys] : [...formerKeys, privateKey]
}
