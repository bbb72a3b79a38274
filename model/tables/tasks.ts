import { z } from 'zod'
import { field, table } from './field.ts'
import { HIGH, MEDIUM, NOTES } from './options.ts'
import { date, dateTime, flag, label, name, names, priority, text } from './types.ts'

export const tasks = table('tasks', {
  required: ['title'],
  fields: {
    title: field(name),
    description: field(text, { policy: 'text' }),
    notes: field(text, NOTES),
    status: field(label, HIGH),
    dueDate: field(z.union([date, dateTime]), { ...MEDIUM, policy: 'ask' }),
    priority: field(priority),
    assignees: field(names, { policy: 'set' }),
    done: field(flag, { policy: 'true' }),
    tags: field(names, { policy: 'set' }),
  },
})
