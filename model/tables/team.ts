import { z } from 'zod'
import { type Field, field, table } from './field.ts'
import { timelineItems } from './timelineItems.ts'
import { dateTime, label, name, text } from './types.ts'
import { vendors } from './vendors.ts'

/**
 * Who has joined the team, with what role, on which device. Written by the hub that admitted the device. The weddings are
 * one value, which the hub gives, since a set has no way to say "all".
 */
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

/**
 * The public key of a device, for which keys of sealed values are wrapped, and what it may read, both signed with the team's
 * key: the cloud passes these records on, and must not be able to slip in a device of its own. The proof is the device's own word for
 * its key, for when the team's key has fallen into wrong hands; it names the computer, so the cloud cannot read it.
 */
export const deviceKeys = table('device_keys', {
  scope: 'team',
  required: ['deviceId', 'certificate'],
  fields: { deviceId: field(label), certificate: field(text), proof: field(text) },
})

/** Keys of sealed values, wrapped for one device and signed with the team's key. A new key makes a new record. */
export const wrappedKeys = table('wrapped_keys', {
  scope: 'team',
  required: ['deviceId', 'grant'],
  fields: { deviceId: field(label), grant: field(text) },
})

/** The team's own key, sealed with the words of a recovery kit, for the day when every device is lost. */
export const recoveryBoxes = table('recovery_boxes', {
  scope: 'team',
  required: ['deviceId', 'box'],
  fields: { deviceId: field(label), box: field(text) },
})

/** Items of a day that is still to be planned. */
export const templates = table('templates', {
  scope: 'team',
  required: timelineItems.required,
  fields: without(timelineItems.fields, ['startTime', 'endTime', 'originalTime']),
})

/** Vendors that the team has worked with, of whatever wedding. */
export const vendorDirectory = table('vendor_directory', {
  scope: 'team',
  required: vendors.required,
  fields: without(vendors.fields, ['arriveAt', 'departAt', 'checkInTime', 'eta']),
})

function without(fields: Readonly<Record<string, Field>>, names: readonly string[]): Readonly<Record<string, Field>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}
