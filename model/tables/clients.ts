import { z } from 'zod'
import { field, table } from './field.ts'
import { CONTACT, CONTRACT, HIGH, INNER_NOTES, MONEY, NOTES } from './options.ts'
import { amount, label, name, names, text } from './types.ts'

export const clients = table('clients', {
  required: ['name'],
  fields: {
    name: field(name, HIGH),
    email: field(text, CONTACT),
    phone: field(text, CONTACT),
    address: field(text, CONTACT),
    status: field(z.enum(['lead', 'booked', 'completed', 'archived']), HIGH),
    notes: field(text, NOTES),
    requirements: field(text, { policy: 'text' }),
    specialRequests: field(text, { policy: 'text' }),
    preferredStyle: field(text, { policy: 'text' }),
    packageName: field(label),
    packagePrice: field(amount, MONEY),
    deposit: field(amount, MONEY),
    balanceDue: field(amount, MONEY),
    contractStatus: field(label, CONTRACT),
    tags: field(names, { policy: 'set' }),
    internalNotes: field(text, INNER_NOTES),
  },
})
