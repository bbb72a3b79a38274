import { z } from 'zod'
import { field, table } from './field.ts'
import { CRITICAL, HIGH, INNER_NOTES, MEDIUM, NOTES } from './options.ts'
import { dateTime, flag, label, minutes, name, names, rank, text, uuid } from './types.ts'

export const photoGroups = table('photo_groups', {
  required: ['name'],
  fields: {
    name: field(name, HIGH),
    description: field(text, { policy: 'text' }),
    people: field(names, { policy: 'set' }),
    priority: field(z.number().int().min(1).max(10), { policy: 'max' }),
    minutes: field(minutes),
    location: field(label, CRITICAL),
    section: field(label),
    rank: field(rank),
    scheduledTime: field(dateTime, MEDIUM),
    done: field(flag, { policy: 'true' }),
    skipped: field(flag),
    waitingFor: field(text),
    photographerNotes: field(text, NOTES),
    internalNotes: field(text, INNER_NOTES),
  },
})

/** Who belongs into the picture; `guestId` only for those on the guest list. */
export const photoGroupMembers = table('photo_group_members', {
  required: ['groupId', 'name'],
  fields: {
    groupId: field(uuid),
    name: field(name, HIGH),
    guestId: field(uuid),
    relation: field(label),
    rank: field(rank),
    present: field(flag, { policy: 'true' }),
  },
})
