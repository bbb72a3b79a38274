import { z } from 'zod'
import { field, table } from './field.ts'
import { date, dateTime, flag, label, names, text } from './types.ts'

/** A note that is not public is wholly of class `inner`, decided once, when it is written. */
export const clientNotes = table('client_notes', {
  required: ['content'],
  baseClass: (data) => (data.visibility === 'internal' || data.visibility === 'private' ? 'inner' : 'open'),
  fields: {
    content: field(text.min(1), { policy: 'text' }),
    client: field(label),
    noteType: field(label),
    visibility: field(z.enum(['public', 'internal', 'private'])),
    priority: field(z.union([label, z.number()])),
    tags: field(names, { policy: 'set' }),
    isPinned: field(flag),
    followUpDate: field(z.union([date, dateTime])),
  },
})
