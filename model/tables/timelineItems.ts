import { z } from 'zod'
import { field, table } from './field.ts'
import { ASK_CRITICAL, HIGH, INNER_NOTES, MEDIUM, NOTES } from './options.ts'
import { dateTime, flag, label, minutes, name, names, priority, rank, text } from './types.ts'

export const timelineItems = table('timeline_items', {
  required: ['title'],
  fields: {
    title: field(name),
    startTime: field(dateTime, ASK_CRITICAL),
    endTime: field(dateTime, ASK_CRITICAL),
    durationMin: field(minutes, MEDIUM),
    location: field(label, ASK_CRITICAL),
    status: field(z.enum(['pending', 'in-progress', 'completed', 'delayed', 'cancelled', 'confirmed']), HIGH),
    category: field(label),
    priority: field(priority),
    description: field(text, { policy: 'text' }),
    notes: field(text, NOTES),
    people: field(names, { policy: 'set' }),
    assignedVendors: field(names, { policy: 'set' }),
    tags: field(names, { policy: 'set' }),
    fixed: field(flag, { policy: 'true' }),
    buffer: field(flag, { policy: 'true' }),
    approximate: field(flag),
    originalTime: field(text),
    rank: field(rank),
    section: field(label),
    backupLocation: field(label),
    dependencies: field(names, { policy: 'set' }),
    done: field(flag, { policy: 'true' }),
    delayReason: field(text),
    internalNotes: field(text, INNER_NOTES),
    vendorNotes: field(text, NOTES),
  },
})
