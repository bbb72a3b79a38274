/** `/api/offline/team-key`: the key that signs for the team, and replacing it after a theft. */
import { z } from 'zod'
import { roleName } from '../roles.ts'

export const teamKeyDevice = z.object({
  deviceId: z.string(),
  name: z.string(),
  personName: z.string(),
  role: roleName,
  isOwn: z.boolean(),
  /** By itself, under the next key. Others are invited again: tablets, and laptops that have not told of a key of theirs. */
  goesOn: z.boolean(),
})
export type TeamKeyDevice = z.infer<typeof teamKeyDevice>

export const teamKeyState = z.object({
  /** How often the key was replaced. */
  epoch: z.number().int(),
  /** False where the team was founded by an earlier version, or this device may not serve as hub. */
  mayReplace: z.boolean(),
  /** Those that are not shut out. */
  devices: z.array(teamKeyDevice),
})
export type TeamKeyState = z.infer<typeof teamKeyState>

export const replaceKeyRequest = z.object({
  /** The 24 words of the recovery kit. */
  words: z.string().max(1_000),
  /** Devices that do not go on, beside those that were shut out. */
  without: z.array(z.string().max(100)).max(1_000).default([]),
})
