import { z } from 'zod'
import { field, table } from './field.ts'
import { label, name, text } from './types.ts'

/** What was done for a client, for the record. */
export const clientActivities = table('client_activities', {
  required: ['action'],
  appendOnly: true,
  fields: {
    action: field(name),
    title: field(label),
    description: field(text),
    entityType: field(label),
    entityId: field(label),
    importance: field(z.enum(['low', 'medium', 'high', 'critical'])),
  },
})
