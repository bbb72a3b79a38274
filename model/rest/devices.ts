/** `GET /api/offline/devices` and `DELETE /api/offline/devices/:deviceId` (`cli.md`). */
import { z } from 'zod'
import { ROLES } from '../roles.ts'
import { dateTime } from './common.ts'

export const deviceEntry = z.object({
  deviceId: z.string(),
  name: z.string(),
  /** Empty where nobody may say it, as at the cloud. */
  personName: z.string(),
  kind: z.enum(['hub', 'cloud', 'device']),
  role: z.enum(ROLES),
  weddings: z.union([z.literal('all'), z.array(z.uuid())]),
  /** As far as this server has seen it. */
  lastSeen: dateTime.nullable(),
  online: z.boolean(),
  revokedAt: dateTime.nullable(),
})
export type DeviceEntry = z.infer<typeof deviceEntry>

export const devicesReply = z.object({ devices: z.array(deviceEntry) })
export type DevicesReply = z.infer<typeof devicesReply>
