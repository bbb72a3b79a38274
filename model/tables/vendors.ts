import { z } from 'zod'
import { field, table } from './field.ts'
import { CONTACT, CONTRACT, HIGH, MEDIUM, MONEY, NOTES } from './options.ts'
import { amount, count, dateTime, flag, label, name, names, text, uuid } from './types.ts'

export const vendors = table('vendors', {
  required: ['name'],
  fields: {
    name: field(name, HIGH),
    company: field(label),
    type: field(label),
    status: field(z.enum(['pending', 'checked-in', 'on-site', 'completed', 'delayed']), HIGH),
    arriveAt: field(dateTime, MEDIUM),
    departAt: field(dateTime, MEDIUM),
    checkInTime: field(dateTime, { ...MEDIUM, policy: 'min' }),
    eta: field(dateTime, MEDIUM),
    delayReason: field(text),
    callFirstAbout: field(text),
    needs: field(text),
    mealCount: field(count, { policy: 'max' }),
    estimated: field(amount, MONEY),
    actual: field(amount, MONEY),
    contractStatus: field(label, CONTRACT),
    notes: field(text, NOTES),
    tags: field(names, { policy: 'set' }),
  },
})

/** Phones are open: on the day, whoever needs the vendor has to reach them. */
export const vendorContacts = table('vendor_contacts', {
  required: ['name'],
  fields: {
    name: field(name, HIGH),
    vendorId: field(uuid),
    role: field(label),
    phone: field(text, HIGH),
    phone2: field(text, HIGH),
    email: field(text, CONTACT),
    callFirst: field(flag, { policy: 'true' }),
    notes: field(text, NOTES),
  },
})
