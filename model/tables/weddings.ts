import { z } from 'zod'
import { field, table } from './field.ts'
import { count, date, dateTime, label, name, place, text } from './types.ts'

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false // RangeError: the runtime does not know the zone
  }
}

const PRIVATE = { readClass: 'private' } as const

export const weddings = table('weddings', {
  required: ['name', 'date'],
  fields: {
    name: field(name),
    date: field(date, { policy: 'ask' }),
    coupleName: field(label),
    status: field(z.enum(['upcoming', 'active', 'completed', 'archived'])),
    timezone: field(z.string().refine(isTimeZone, 'is not an IANA time zone such as Europe/Lisbon')),
    venue: field(place, { policy: 'ask' }),
    ceremonyVenue: field(place, { policy: 'ask' }),
    partner1Name: field(label),
    partner2Name: field(label),
    partner1Email: field(label, PRIVATE),
    partner1Phone: field(label, PRIVATE),
    partner2Email: field(label, PRIVATE),
    partner2Phone: field(label, PRIVATE),
    guestCount: field(count, { policy: 'max' }),
    theme: field(label),
    plan: field(z.enum(['main', 'rain']), { policy: 'ask' }),
    rainDecisionAt: field(dateTime),
    notes: field(text, { policy: 'text' }),
    internalNotes: field(text, { policy: 'text', readClass: 'inner' }),
  },
})
