/** What a person is told about the state of this device, on the badge and by `wedsync status`. */
import { z } from 'zod'

export const peerStatus = z.object({
  deviceId: z.string(),
  name: z.string(),
  kind: z.enum(['hub', 'cloud', 'device']),
  /** `offline`: no connection; `syncing`: something is under way; `equal`: digests were compared and are the same. */
  state: z.enum(['offline', 'syncing', 'equal']),
  /** Changes here that the peer has not acknowledged. */
  waiting: z.number().int(),
  /** Changes that the peer announced and that have not arrived. */
  incoming: z.number().int(),
  /** Why the connection failed last, in words for a person. */
  problem: z.string().optional(),
})

export const installStatus = z.object({
  role: z.enum(['local', 'hub', 'cloud']),
  version: z.string(),
  deviceId: z.string(),
  deviceName: z.string(),
  personName: z.string(),
  userId: z.string(),
  /** The name of what this install may do: owner, planner, … */
  grant: z.object({
    role: z.string(),
    weddings: z.union([z.literal('all'), z.array(z.string())]),
    vendors: z.array(z.string()).optional(),
  }),
  /** Of an install: under which its windows edit. */
  actor: z.string().optional(),
  upstreams: z.array(peerStatus),
  /** Devices connected to this hub. */
  devices: z.array(peerStatus),
  lan: z.object({ url: z.string(), fingerprint: z.string() }).optional(),
  quarantined: z.number().int(),
  /** ms by which this device's clock is corrected, after that of whom it calls. */
  clockOffsetMs: z.number().optional(),
  /** Whether a recovery kit was made; absent where none can be made. */
  recoveryKit: z.boolean().optional(),
  /** Something about the database of this device that people should know, in a sentence. */
  notice: z.string().optional(),
  /** An owner has shut this device out of the team. */
  isShutOut: z.literal(true).optional(),
  /** The key of the team was replaced without this device: it has to be invited again. */
  isKeyReplaced: z.literal(true).optional(),
})

export type PeerStatus = z.infer<typeof peerStatus>
export type InstallStatus = z.infer<typeof installStatus>
