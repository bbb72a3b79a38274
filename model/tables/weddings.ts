import { z } from 'zod'
import { field, table } from './field.ts'
import { ASK_CRITICAL, CONTACT, HIGH, INNER_NOTES, MEDIUM, NOTES } from './options.ts'
import { count, date, dateTime, label, name, place, text } from './types.ts'

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false // RangeError: the runtime does not know the zone
  }
}

export const weddings = table('weddings', {
  required: ['name', 'date'],
  fields: {
    name: field(name, HIGH),
    date: field(date, ASK_CRITICAL),
    coupleName: field(label, HIGH),
    status: field(z.enum(['upcoming', 'active', 'completed', 'archived']), HIGH),
    timezone: field(z.string().refine(isTimeZone, 'is not an IANA time zone such as Europe/Lisbon')),
    venue: field(place, ASK_CRITICAL),
    ceremonyVenue: field(z.union([place, label]), ASK_CRITICAL),
    partner1Name: field(label, HIGH),
    partner2Name: field(label, HIGH),
    partner1Email: field(text, CONTACT),
    partner1Phone: field(text, CONTACT),
    partner2Email: field(text, CONTACT),
    partner2Phone: field(text, CONTACT),
    guestCount: field(count, { policy: 'max' }),
    theme: field(text),
    // Where the ceremony and everything after it take place.
    plan: field(z.enum(['main', 'rain']), ASK_CRITICAL),
    rainDecisionAt: field(dateTime, MEDIUM),
    notes: field(text, NOTES),
    internalNotes: field(text, INNER_NOTES),
  },
})
