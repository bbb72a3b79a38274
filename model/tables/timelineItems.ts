import { z } from 'zod'
import { field, table } from './field.ts'
import { dateTime, flag, label, minutes, name, names, rank, text } from './types.ts'

export const timelineItems = table('timeline_items', {
  required: ['title'],
  fields: {
    title: field(name),
    startTime: field(dateTime, { policy: 'ask' }),
    endTime: field(dateTime, { policy: 'ask' }),
    durationMin: field(minutes),
    location: field(label, { policy: 'ask' }),
    status: field(z.enum(['pending', 'in-progress', 'completed', 'delayed', 'cancelled', 'confirmed'])),
    category: field(label),
    priority: field(z.union([label, z.number()])),
    description: field(text, { policy: 'text' }),
    notes: field(text, { policy: 'text' }),
    people: field(names, { policy: 'set' }),
    assignedVendors: field(names, { policy: 'set' }),
    tags: field(names, { policy: 'set' }),
    fixed: field(flag, { policy: 'true' }),
    buffer: field(flag, { policy: 'true' }),
    approximate: field(flag),
    originalTime: field(label),
    rank: field(rank),
    section: field(label),
    backupLocation: field(label),
    dependencies: field(names, { policy: 'set' }),
    done: field(flag, { policy: 'true' }),
    delayReason: field(text),
    internalNotes: field(text, { policy: 'text', readClass: 'inner' }),
    vendorNotes: field(text, { policy: 'text' }),
  },
})
