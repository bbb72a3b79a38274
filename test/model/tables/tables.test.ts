import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fieldOf, severityOf, TABLES, tableNamed, WEDDING_TABLES } from '../../../model/tables/index.ts'
import { policyTable } from '../../../model/tables/policyTable.ts'
import { validateData } from '../../../model/tables/validate.ts'
import { DEPARTURES, OUR_TABLES, SPECIFICATION, specified } from './specification.ts'

const ID = '0190c0de-0000-7000-8000-000000000001'
const FIELDS = policyTable().filter(({ table }) => !OUR_TABLES.includes(table))

describe('tables.md', () => {
  it.each(Object.entries(SPECIFICATION))(
    'has %s as we have it: fields, required ones, class and policy',
    (name, line) => {
      const ours = FIELDS.filter(
        ({ table, field }) => table === name && !Object.hasOwn(DEPARTURES, `${table}.${field}`),
      )
      const theirs = specified(line).filter((entry) => !Object.hasOwn(DEPARTURES, `${name}.${/^\w+/.exec(entry)?.[0]}`))
      expect(
        ours
          .map(({ field, required, readClass, policy }) => `${field}${required ? '*' : ''} ${readClass} ${policy}`)
          .sort(),
      ).toEqual(theirs.toSorted())
    },
  )

  it('has all our tables but our own', () => {
    expect([...TABLES.keys()].sort()).toEqual([...Object.keys(SPECIFICATION), ...OUR_TABLES].sort())
  })

  it('departs from ours only where a field exists', () => {
    for (const place of Object.keys(DEPARTURES))
      expect(FIELDS.map(({ table, field }) => `${table}.${field}`)).toContain(place)
  })

  it('calls members, templates and vendor_directory the team’s; the rest is the allow-list of §3.1', () => {
    expect(WEDDING_TABLES).toEqual(
      (
        'weddings, timeline_items, clients, vendors, vendor_contacts, photo_groups, photo_group_members, guests, forms, ' +
        'form_drafts, form_submissions, client_notes, issues, client_activities, budget_items, tasks, photos, documents'
      ).split(', '),
    )
    const ofTeam = [...TABLES.values()].filter(({ scope }) => scope === 'team').map(({ name }) => name)
    expect(ofTeam).toEqual(['members', ...OUR_TABLES, 'templates', 'vendor_directory'])
  })

  it.each([
    ['weddings', 'status', 'upcoming, active, completed, archived'],
    ['weddings', 'plan', 'main, rain'],
    ['timeline_items', 'status', 'pending, in-progress, completed, delayed, cancelled, confirmed'],
    ['vendors', 'status', 'pending, checked-in, on-site, completed, delayed'],
    ['guests', 'rsvpStatus', 'pending, attending, declined, maybe'],
    ['client_notes', 'visibility', 'public, internal, private'],
    // §3.2
    ['clients', 'status', 'lead, booked, completed, archived'],
    ['form_submissions', 'status', 'pending, reviewed, processed, archived'],
    ['issues', 'severity', 'low, medium, high, critical'],
    ['issues', 'status', 'open, in-progress, resolved, escalated'],
    ['client_activities', 'importance', 'low, medium, high, critical'],
    ['budget_items', 'type', 'expense, income, transfer, refund'],
    ['photos', 'uploadState', 'pending, uploading, uploaded, failed'],
    ['documents', 'uploadState', 'pending, uploading, uploaded, failed'],
  ])('gives %s.%s the words %s', (table, field, words) => {
    expect(FIELDS.find((row) => row.table === table && row.field === field)?.values.join(', ')).toBe(words)
  })

  it('[6] makes a note inner if it is not public, and a document unless it is shared', () => {
    const classOf = (table: string, data: Record<string, unknown>) => tableNamed(table).baseClass(data)
    expect(
      ['internal', 'private', 'public', undefined].map((visibility) => classOf('client_notes', { visibility })),
    ).toEqual(['inner', 'inner', 'open', 'open'])
    expect([true, false, null, undefined, 'true'].map((shared) => classOf('documents', { shared }))).toEqual([
      'open',
      'inner',
      'inner',
      'inner',
      'inner',
    ])
    expect(classOf('photos', {})).toBe('open')
    expect(classOf('toString', { visibility: 'internal' })).toBe('open')
  })
})

describe('bounds of tables.md', () => {
  const text = FIELDS.filter(({ values, policy }) => values.length === 0 && policy !== 'set')
  const takes = (table: string, field: string, value: unknown) =>
    fieldOf(tableNamed(table), field).schema.safeParse(value).success

  it('no field takes a string of more than 10,000 characters, nor a name of more than 200', () => {
    const tooLong = FIELDS.filter(({ table, field }) => takes(table, field, 'x'.repeat(10_001)))
    expect(tooLong).toEqual([])
    expect(text.filter(({ table, field }) => /name$/i.test(field) && takes(table, field, 'x'.repeat(201)))).toEqual([])
  })

  it('texts take 10,000 characters, and names 200', () => {
    const texts = FIELDS.filter(({ policy }) => policy === 'text')
    expect(texts.filter(({ table, field }) => !takes(table, field, 'x'.repeat(10_000)))).toEqual([])
    expect(
      FIELDS.filter(({ field }) => field === 'name').every(({ table }) => takes(table, 'name', 'x'.repeat(200))),
    ).toBe(true)
  })

  it('every field of policy `set` takes a list of strings, of `text` a string, of `true` a flag, and nothing else', () => {
    const sample: Readonly<Record<string, unknown>> = { set: ['a'], text: 'a', true: true }
    for (const { table, field, policy } of FIELDS) {
      if (!Object.hasOwn(sample, policy)) continue
      for (const value of Object.values(sample)) {
        expect([table, field, value, takes(table, field, value)]).toEqual([
          table,
          field,
          value,
          value === sample[policy],
        ])
      }
    }
  })

  it.each([
    ['photo_groups', 'priority', [1, 10], [0, 11, 1.5, '1']],
    ['photo_group_members', 'groupId', [ID], ['group']],
    ['weddings', 'date', ['2026-09-12'], ['2026-09-12T00:00:00Z', '12.09.2026']],
    ['weddings', 'venue', [{ name: 'Lake', wifi: 'x', parking: 7 }, { name: null }], [{ name: 7 }, 'Lake', []]],
    ['weddings', 'ceremonyVenue', [{ name: 'Lake' }, 'By the lake'], [7, []]],
    ['form_drafts', 'autoSaveTime', ['2026-09-12T10:00:00Z'], ['2026-09-12T10:00:00+02:00', 'now']],
    ['form_submissions', 'data', [{ answer: { a: [1] } }], ['answer', [1]]],
    ['forms', 'fields', [[{ kind: 'text' }], { first: {} }], ['text', 7]],
    ['budget_items', 'amount', [12.5, -3], [0, '12', Number.NaN, Number.POSITIVE_INFINITY]],
    ['photos', 'sha256', ['0a'.repeat(32)], ['0a', 'zz'.repeat(32), '0A'.repeat(32)]],
    ['photos', 'sizeBytes', [0, 5_000_000_000], [-1, 1.5, '1']],
    ['documents', 'shared', [true], ['yes', 1]],
    ['issues', 'escalationLevel', [1, 5], [-1, 'high']],
  ])('%s.%s', (table, field, good, bad) => {
    expect(good.filter((value) => !takes(table, field, value))).toEqual([])
    expect(bad.filter((value) => takes(table, field, value))).toEqual([])
  })

  it.each([...TABLES.values()].map(({ name, required }) => ({ name, required })))(
    'a record of $name needs $required',
    ({ name, required }) => {
      expect(validateData(name, {}, 'create')).toEqual(required.map((field) => `${field}: Required`))
    },
  )
})

describe('what is never decided without a person (§2.8)', () => {
  it.each([
    ['timeline_items', 'startTime, endTime, location'],
    ['vendors', 'contractStatus'],
    ['clients', 'contractStatus'],
    ['guests', 'rsvpStatus, invitedBy'],
    ['budget_items', 'amount, estimated, actual, currency'],
    ['tasks', 'dueDate'],
    // "money, RSVP, contract, start/end, place, dates, diet"
    ['clients', 'packagePrice, deposit, balanceDue'],
    ['vendors', 'estimated, actual'],
    ['weddings', 'date, venue, ceremonyVenue, plan'],
    ['guests', 'dietary'],
  ])('%s: %s', (table, fields) => {
    for (const field of fields.split(', '))
      expect([field, fieldOf(tableNamed(table), field).policy]).toEqual([field, 'ask'])
  })

  it('does not hold for the priority of a task, since tables.md says otherwise and wins', () => {
    expect(fieldOf(tableNamed('tasks'), 'priority').policy).toBe('lww')
  })

  it('and the rest may be automatic', () => {
    const automatic = { timeline_items: 'tags, description', vendors: 'notes, tags', budget_items: 'notes, category' }
    for (const [table, fields] of Object.entries({ ...automatic, tasks: 'notes, tags' })) {
      for (const field of fields.split(', ')) expect(fieldOf(tableNamed(table), field).policy).not.toBe('ask')
    }
  })
})

describe('severity (§2.8)', () => {
  const named = (...names: string[]) => FIELDS.filter(({ field }) => names.includes(field))
  const severities = (rows: typeof FIELDS) => [...new Set(rows.map(({ severity }) => severity))]

  it('is critical for start, end, place, date, contract and RSVP, of whatever table', () => {
    const rows = named(
      'startTime',
      'endTime',
      'location',
      'date',
      'venue',
      'ceremonyVenue',
      'contractStatus',
      'rsvpStatus',
    )
    expect(severities(rows)).toEqual(['critical'])
    const others = FIELDS.filter((row) => row.severity === 'critical' && !rows.includes(row))
    expect(others.map(({ table, field }) => `${table}.${field}`)).toEqual(['weddings.plan'])
  })

  it('is high for money, how to reach people, names, states and notes', () => {
    expect(
      severities(named('name', 'status', 'notes', 'internalNotes', 'address', 'email', 'phone', 'phone2')),
    ).toEqual(['high'])
    expect(severities(FIELDS.filter(({ readClass, policy }) => readClass === 'money' && policy === 'ask'))).toEqual([
      'high',
    ])
    expect(severities(FIELDS.filter(({ field }) => /^partner\d/.test(field)))).toEqual(['high'])
  })

  it('is medium for other times, low for the rest and for what we do not know', () => {
    expect(severities(named('arriveAt', 'eta', 'scheduledTime', 'dueDate', 'followUpDate'))).toEqual(['medium'])
    expect(severities(named('tags', 'rank', 'dietary', 'invitedBy', 'description', 'plusOne'))).toEqual(['low'])
    expect([
      severityOf('guests', 'startTime'),
      severityOf('drones', 'startTime'),
      severityOf('guests', 'toString'),
    ]).toEqual(['low', 'low', 'low'])
  })

  it('is asked for by the names of table and field, and $deleted is high anywhere', () => {
    for (const { table, field, severity } of FIELDS) expect(severityOf(table, field)).toBe(severity)
    expect([severityOf('guests', '$deleted'), severityOf('drones', '$deleted')]).toEqual(['high', 'high'])
  })
})

describe('append-only tables', () => {
  it('are those of tables.md', () => {
    expect([...TABLES.values()].filter(({ appendOnly }) => appendOnly).map(({ name }) => name)).toEqual([
      'client_activities',
    ])
  })

  it('take new records and refuse every edit, with a reason', () => {
    expect(validateData('client_activities', { action: 'Called' }, 'create')).toEqual([])
    for (const data of [{}, { title: 'New' }, { unknown: 1 }]) {
      expect(validateData('client_activities', data, 'update')).toEqual([
        'table: Records of client_activities are only added, never edited',
      ])
    }
  })
})

it('every field has a schema that can say what it takes', () => {
  for (const { table, field } of FIELDS) {
    const { schema } = fieldOf(tableNamed(table), field)
    expect(schema, `${table}.${field}`).toBeInstanceOf(z.ZodType)
    expect(schema.safeParse(Symbol('nothing')).success, `${table}.${field}`).toBe(false)
  }
})
