import { z } from 'zod'
import { field, table } from './field.ts'
import { dateTime, label, name } from './types.ts'

/** Who has joined the team, with what role, on which device. Written by the hub that admitted the device. */
export const members = table('members', {
  scope: 'team',
  required: ['deviceId', 'role'],
  fields: {
    deviceId: field(label),
    userId: field(z.uuid()),
    personName: field(label),
    deviceName: field(label),
    role: field(z.enum(['owner', 'couple', 'planner', 'photographer', 'vendor', 'viewer'])),
    weddings: field(z.union([z.literal('all'), z.array(z.uuid())])),
    revokedAt: field(dateTime, { policy: 'min' }),
  },
})

/**
 * Whose edits an actor's dots are. A dot then tells who wrote a value and on which device, and no edit has to repeat it.
 */
export const actors = table('actors', {
  scope: 'team',
  required: ['actor', 'userId', 'deviceId'],
  fields: {
    actor: field(z.string().length(11)),
    userId: field(z.uuid()),
    personName: field(name),
    deviceId: field(label),
    deviceName: field(label),
  },
})
