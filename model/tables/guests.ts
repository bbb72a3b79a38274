import { z } from 'zod'
import { field, table } from './field.ts'
import { label, name, names, text } from './types.ts'

const PRIVATE = { readClass: 'private' } as const
const DIET = { readClass: 'diet' } as const

export const guests = table('guests', {
  required: ['name'],
  fields: {
    name: field(name),
    firstName: field(label),
    lastName: field(label),
    party: field(label),
    side: field(label),
    ageGroup: field(label),
    rsvpStatus: field(z.enum(['pending', 'attending', 'declined', 'maybe']), { policy: 'ask' }),
    invitedBy: field(label, { policy: 'ask' }),
    tableNumber: field(z.union([label, z.number()])),
    seat: field(z.union([label, z.number()])),
    meal: field(label, DIET),
    dietary: field(text, { ...DIET, policy: 'ask' }),
    allergies: field(names, { ...DIET, policy: 'set' }),
    accessibility: field(text, DIET),
    email: field(label, PRIVATE),
    phone: field(label, PRIVATE),
    address: field(text, PRIVATE),
    plusOne: field(z.union([z.boolean(), label])),
    partnerName: field(label),
    tags: field(names, { policy: 'set' }),
    notes: field(text, { ...PRIVATE, policy: 'text' }),
  },
})
