import { z } from 'zod'
import { field, table } from './field.ts'
import { date, dateTime, flag, label, name, names, text } from './types.ts'

export const tasks = table('tasks', {
  required: ['title'],
  fields: {
    title: field(name),
    description: field(text, { policy: 'text' }),
    notes: field(text, { policy: 'text' }),
    status: field(label),
    dueDate: field(z.union([date, dateTime]), { policy: 'ask' }),
    priority: field(z.union([label, z.number()])),
    assignees: field(names, { policy: 'set' }),
    done: field(flag, { policy: 'true' }),
    tags: field(names, { policy: 'set' }),
  },
})
