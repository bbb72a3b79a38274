import { z } from 'zod'
import { field, table } from './field.ts'
import { MEDIUM } from './options.ts'
import { date, dateTime, flag, label, names, priority, text } from './types.ts'

export const clientNotes = table('client_notes', {
  required: ['content'],
  inner: {
    words: 'if `visibility` is `internal` or `private`',
    isInner: ({ visibility }) => visibility === 'internal' || visibility === 'private',
  },
  fields: {
    content: field(text.min(1), { policy: 'text' }),
    client: field(label),
    noteType: field(label),
    visibility: field(z.enum(['public', 'internal', 'private'])),
    priority: field(priority),
    tags: field(names, { policy: 'set' }),
    isPinned: field(flag),
    followUpDate: field(z.union([date, dateTime]), MEDIUM),
  },
})
