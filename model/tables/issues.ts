import { z } from 'zod'
import { field, table } from './field.ts'
import { HIGH } from './options.ts'
import { count, label, name, names, text } from './types.ts'

/** What went wrong on the day, and who looks after it. */
export const issues = table('issues', {
  required: ['title'],
  fields: {
    title: field(name),
    description: field(text, { policy: 'text' }),
    severity: field(z.enum(['low', 'medium', 'high', 'critical'])),
    status: field(z.enum(['open', 'in-progress', 'resolved', 'escalated']), HIGH),
    category: field(label),
    reportedBy: field(label),
    assignedTo: field(names, { policy: 'set' }),
    affected: field(names, { policy: 'set' }),
    resolution: field(text, { policy: 'text' }),
    escalationLevel: field(count, { policy: 'max' }),
  },
})
