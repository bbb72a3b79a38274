import { z } from 'zod'
import { field, table } from './field.ts'
import { ASK_CRITICAL, CONTACT, DIET, HIGH, NOTES, PRIVATE } from './options.ts'
import { label, name, names, text } from './types.ts'

export const guests = table('guests', {
  required: ['name'],
  fields: {
    name: field(name, HIGH),
    firstName: field(label, HIGH),
    lastName: field(label, HIGH),
    party: field(label),
    side: field(label),
    ageGroup: field(label),
    rsvpStatus: field(z.enum(['pending', 'attending', 'declined', 'maybe']), ASK_CRITICAL),
    invitedBy: field(label, { policy: 'ask' }),
    tableNumber: field(z.union([label, z.number()])),
    seat: field(z.union([label, z.number()])),
    meal: field(label, DIET),
    dietary: field(text, { ...DIET, policy: 'ask' }),
    allergies: field(names, { ...DIET, policy: 'set' }),
    accessibility: field(text, DIET),
    email: field(text, CONTACT),
    phone: field(text, CONTACT),
    address: field(text, CONTACT),
    plusOne: field(z.union([z.boolean(), label])),
    partnerName: field(label, HIGH),
    tags: field(names, { policy: 'set' }),
    notes: field(text, { ...NOTES, ...PRIVATE }),
  },
})
