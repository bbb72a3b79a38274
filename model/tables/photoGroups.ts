import { z } from 'zod'
import { field, table } from './field.ts'
import { dateTime, flag, label, minutes, name, names, rank, text } from './types.ts'

export const photoGroups = table('photo_groups', {
  required: ['name'],
  fields: {
    name: field(name),
    description: field(text, { policy: 'text' }),
    people: field(names, { policy: 'set' }),
    priority: field(z.number().int().min(1).max(10), { policy: 'max' }),
    minutes: field(minutes),
    location: field(label),
    section: field(label),
    rank: field(rank),
    scheduledTime: field(dateTime),
    done: field(flag, { policy: 'true' }),
    skipped: field(flag),
    waitingFor: field(label),
    photographerNotes: field(text, { policy: 'text' }),
    internalNotes: field(text, { policy: 'text', readClass: 'inner' }),
  },
})
