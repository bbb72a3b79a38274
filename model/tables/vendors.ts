import { z } from 'zod'
import { field, table } from './field.ts'
import { count, dateTime, flag, label, name, names, text } from './types.ts'

const MONEY = { readClass: 'money', policy: 'ask' } as const
const PRIVATE = { readClass: 'private' } as const

export const vendors = table('vendors', {
  required: ['name'],
  fields: {
    name: field(name),
    company: field(label),
    type: field(label),
    status: field(z.enum(['pending', 'checked-in', 'on-site', 'completed', 'delayed'])),
    arriveAt: field(dateTime),
    departAt: field(dateTime),
    checkInTime: field(dateTime, { policy: 'min' }),
    eta: field(dateTime),
    delayReason: field(text),
    callFirstAbout: field(text),
    needs: field(text),
    mealCount: field(count, { policy: 'max' }),
    estimated: field(z.number(), MONEY),
    actual: field(z.number(), MONEY),
    contractStatus: field(label, { readClass: 'inner', policy: 'ask' }),
    notes: field(text, { policy: 'text' }),
    tags: field(names, { policy: 'set' }),
  },
})

export const vendorContacts = table('vendor_contacts', {
  required: ['name'],
  fields: {
    name: field(name),
    vendorId: field(z.uuid()),
    role: field(label),
    phone: field(label),
    phone2: field(label),
    email: field(label, PRIVATE),
    callFirst: field(flag, { policy: 'true' }),
    notes: field(text, { policy: 'text' }),
  },
})
