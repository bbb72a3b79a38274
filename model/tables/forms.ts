import { z } from 'zod'
import { field, table } from './field.ts'
import { HIGH } from './options.ts'
import { dateTime, flag, json, label, name, names, priority, uuid } from './types.ts'

/** The parts of a form, as a list or by key. */
const parts = z.union([z.array(z.unknown()).max(500), json])

export const forms = table('forms', {
  required: ['name'],
  fields: {
    name: field(name, HIGH),
    slug: field(label),
    fields: field(parts),
    sections: field(parts),
    settings: field(json),
    isPublished: field(flag),
    category: field(label),
  },
})

/** What somebody has begun to fill in. */
export const formDrafts = table('form_drafts', {
  required: ['formId'],
  fields: {
    formId: field(uuid),
    clientId: field(uuid),
    data: field(json),
    autoSaveTime: field(dateTime, { policy: 'max' }),
    priority: field(priority),
  },
})

export const formSubmissions = table('form_submissions', {
  required: ['formId'],
  fields: {
    formId: field(uuid),
    clientId: field(uuid),
    data: field(json),
    files: field(names, { policy: 'set' }),
    status: field(z.enum(['pending', 'reviewed', 'processed', 'archived']), HIGH),
  },
})
