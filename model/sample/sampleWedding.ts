/**
 * A whole wedding day to try the app with: run sheet, family photos, vendors, guests, tasks and notes. Everything about
 * it is made up. The times follow the date and zone that are asked for, so that "now and next" has something to show.
 */
import { z } from 'zod'
import { dayNumber } from '../import/dates.ts'
import { instantOf } from '../import/wallTime.ts'
import { SAMPLE_DAY } from './day.ts'
import { SAMPLE_GUESTS, SAMPLE_VENDORS } from './people.ts'
import { SAMPLE_GROUPS } from './photoGroups.ts'

export interface SampleOptions {
  readonly weddingId: string
  /** `YYYY-MM-DD` */
  readonly date: string
  /** IANA zone of the venue. */
  readonly timezone: string
  /** The same id for the same name, so that loading the sample twice makes one wedding. */
  readonly newId: (name: string) => string
}

export interface SampleRecord {
  readonly table: string
  readonly id: string
  readonly data: Record<string, unknown>
}

type At = (clock: string) => string

/** All records of the sample wedding, the wedding itself first. */
export function sampleWedding(options: SampleOptions): SampleRecord[] {
  const at: At = (clock) => instantOf(dayNumber(options.date) * 1440 + minutesOf(clock), options.timezone).iso
  const record = (table: string, name: string, data: Record<string, unknown>): SampleRecord => ({
    table,
    id: options.newId(`${table}/${name}`),
    data,
  })
  return [
    { table: 'weddings', id: options.weddingId, data: wedding(options, at) },
    ...timelineItems(at).map((data) => record('timeline_items', String(data.title), data)),
    ...photoGroups(at).map((data) => record('photo_groups', String(data.name), data)),
    ...vendors(at).map((data) => record('vendors', String(data.name), data)),
    ...vendorContacts(options.newId).map((data) => record('vendor_contacts', String(data.name), data)),
    ...guests().map((data) => record('guests', String(data.name), data)),
    ...tasks(at, options.date).map((data) => record('tasks', String(data.title), data)),
    ...clientNotes().map((data, i) => record('client_notes', String(i + 1), data)),
  ]
}

function wedding({ date, timezone }: SampleOptions, at: At): Record<string, unknown> {
  return {
    name: 'Inês & Tom (sample)',
    date,
    timezone,
    status: 'upcoming',
    coupleName: 'Inês Carvalho & Tom Ashworth',
    partner1Name: 'Inês Carvalho',
    partner2Name: 'Tom Ashworth',
    partner1Email: 'ines@example.com',
    partner1Phone: '555-0101',
    partner2Email: 'tom@example.com',
    partner2Phone: '555-0102',
    guestCount: 86,
    theme: 'Almond blossom and old brass',
    plan: 'main',
    rainDecisionAt: at('10:30'),
    venue: {
      name: 'Quinta das Amendoeiras',
      address: '14 Mill Lane, Vale das Amendoeiras',
      phone: '555-0110',
      wifi: 'Quinta-Guests / almond-tree',
      notes: 'No mobile reception in the barn. Wi-fi reaches the terrace only. Barn is locked at 02:30.',
    },
    ceremonyVenue: { name: 'Orchard of the Quinta', notes: 'Rain plan: long barn, chairs need three hours to move.' },
    notes: 'Marta Reis decides for the couple from 13:00 on; do not ring Inês or Tom.',
    internalNotes: "Tom's parents are divorced and not on terms. Different tables, different pictures, no surprise.",
  }
}

function timelineItems(at: At): Record<string, unknown>[] {
  return SAMPLE_DAY.flatMap(({ section, category, items }) =>
    items.map((item) => ({
      title: item.title,
      startTime: at(item.at),
      endTime: at(clockAfter(item.at, item.minutes)),
      durationMin: item.minutes,
      location: item.where,
      section,
      category,
      status: 'pending',
      ...given('people', item.who),
      ...given('assignedVendors', item.vendors),
      ...given('notes', item.notes),
      ...given('fixed', item.fixed),
      ...given('buffer', item.buffer),
      ...given('backupLocation', item.rainPlace),
      ...given('internalNotes', item.internalNotes),
      ...(item.minutes === 0 ? { tags: ['marker'] } : {}),
    })),
  )
    .toSorted((a, b) => a.startTime.localeCompare(b.startTime))
    .map((data, i) => ({ ...data, rank: rankOf(i) }))
}

function photoGroups(at: At): Record<string, unknown>[] {
  const first = at('15:35')
  const groups = SAMPLE_GROUPS.flatMap(({ section, location, groups: inSection }) =>
    inSection.map((group) => ({ section, location, ...group })),
  )
  return groups.map((group, i) => ({
    ...group,
    people: [...group.people],
    rank: rankOf(i),
    ...(i === 0 ? { scheduledTime: first } : {}),
  }))
}

function vendors(at: At): Record<string, unknown>[] {
  return SAMPLE_VENDORS.map((vendor) => ({
    name: vendor.company,
    company: vendor.company,
    type: vendor.type,
    status: 'pending',
    arriveAt: at(vendor.arriveAt),
    departAt: at(vendor.departAt),
    callFirstAbout: vendor.callFirstAbout,
    ...given('needs', vendor.needs),
    ...given('mealCount', vendor.meals),
  }))
}

function vendorContacts(newId: (name: string) => string): Record<string, unknown>[] {
  return SAMPLE_VENDORS.map((vendor) => ({
    name: vendor.person,
    vendorId: newId(`vendors/${vendor.company}`),
    role: vendor.role,
    phone: vendor.phone,
    email: `${vendor.person.split(' ')[0]?.toLowerCase()}@example.com`,
    ...given('callFirst', vendor.callFirst),
  }))
}

function guests(): Record<string, unknown>[] {
  return SAMPLE_GUESTS.map(({ name, table, rsvp = 'attending', ...rest }) => ({
    name,
    firstName: name.split(' ')[0] ?? name,
    lastName: name.split(' ').slice(1).join(' '),
    rsvpStatus: rsvp,
    tableNumber: table,
    ...rest,
  }))
}

function tasks(at: At, date: string): Record<string, unknown>[] {
  return [
    {
      title: 'Decide on the rain plan with Teresa',
      dueDate: at('10:30'),
      assignees: ['Planner'],
      priority: 'high',
      notes: 'Chairs need three hours.',
    },
    {
      title: 'Give the final count and allergy list to Bruno',
      dueDate: at('12:15'),
      assignees: ['Planner'],
      priority: 'high',
    },
    {
      title: 'Hand out buttonholes',
      dueDate: at('13:30'),
      assignees: ['Sam Okoro'],
      notes: 'Seven, in the cold room, names on the box.',
    },
    { title: 'Rings from Daniel to the photographer and back', dueDate: at('11:30'), assignees: ['Marta Reis'] },
    { title: 'Reserve the aisle end for Avó Lurdes', dueDate: at('13:45'), assignees: ['Daniel Ashworth'] },
    {
      title: 'Envelope for the band',
      dueDate: at('22:30'),
      assignees: ['Marta Reis'],
      notes: 'Blue envelope, in the safe.',
    },
    { title: 'Card box to Mill cottage', dueDate: at('25:15'), assignees: ['Marta Reis'] },
    {
      title: 'Print run sheet, formals and contacts',
      dueDate: date,
      assignees: ['Planner'],
      done: true,
      status: 'completed',
    },
  ].map((task) => ({ status: 'pending', ...task }))
}

function clientNotes(): Record<string, unknown>[] {
  return [
    {
      content: 'First dance: "Harbour Lights", faded after 2:40. Nothing by the Shrimps, they know why.',
      client: 'Inês & Tom',
      noteType: 'music',
      visibility: 'public',
      isPinned: true,
    },
    {
      content: 'Inês wants ten minutes alone with Tom after the ceremony. Hold the terrace door.',
      client: 'Inês & Tom',
      noteType: 'wish',
      visibility: 'public',
    },
    {
      content: 'Graham asked to speak at dinner. Couple said no; Daniel told him. Do not hand him the microphone.',
      client: 'Inês & Tom',
      noteType: 'family',
      visibility: 'internal',
      priority: 'high',
    },
  ]
}

/** A field, if there is something to put in it. */
function given(field: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [field]: value }
}

const clockText = z.string().regex(/^\d{2}:\d{2}$/)

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clockText.parse(clock).split(':').map(Number)
  return hours * 60 + minutes
}

function clockAfter(clock: string, minutes: number): string {
  const total = minutesOf(clock) + minutes
  return `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`
}

function rankOf(index: number): string {
  return String(index + 1).padStart(4, '0')
}
