import { v5 as uuidv5 } from 'uuid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACTOR_RECORDS } from '../../../model/database/actorRecords.ts'
import { createRecord, type Data, deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, restrictRecord } from '../../../model/merge/record.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import { byActor, isOwn, type Owns, vendorNamed, vendorWithId } from '../../../model/ownership.ts'
import type { Grant, Role } from '../../../model/roles.ts'
import { openClaims } from '../../../model/sync/ownClaims.ts'
import { type PeerRules, rulesOf, trusting, viewOf, type Whose } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { elevenChars, type MemoryReplica } from '../../support/memoryReplica.ts'
import { at } from '../../support/mergeHelpers.ts'
import { createSyncTeam, type Line, type SyncTeam, TEAM } from '../../support/syncTeam.ts'

const LAKE = uuidOf(100)
const BAND = uuidOf(200)
const FLORIST = uuidOf(201)
const HOLDER = { userId: uuidOf(50), deviceId: 'band' }
const GRANT: Grant = { role: 'vendor', weddings: 'all', vendors: [BAND] }

const claims = new Set([vendorWithId(BAND), vendorNamed('The Band'), byActor(elevenChars('band'))])
const owns: Owns = (claim) => claims.has(claim)
const WHOSE: Whose = { holder: HOLDER, claims: { owns, refresh: async () => undefined } }
const rulesFor = (role: Role, whose: Whose = WHOSE): PeerRules => rulesOf({ ...GRANT, role }, TEAM, () => true, whose)

function made(table: string, data: Data, by = 'planner', id = uuidOf(7)): CausalRecord {
  return createRecord({ id, scope: LAKE, table, data }, at(0, by))
}

/** What the hub says of a change that the device makes to a record of which it holds what it may read. */
function verdict(record: CausalRecord, change: (held: CausalRecord) => CausalRecord, rules = rulesFor('vendor')) {
  const held = restrictRecord(record, (readClass) => rules.mayRead(record, readClass))
  // Who holds nothing of it can bring something all the same.
  return rules.refusal(change(held ?? record), record)
}

const edit = (data: Data) => (record: CausalRecord) => editRecord(record, data, at(10, 'band'))
const readable = (record: CausalRecord, rules = rulesFor('vendor')): string =>
  [...record.units.keys()]
    .filter((readClass) => rules.mayRead(record, readClass))
    .sort()
    .join(' ')

const row = { name: 'The Band', status: 'pending', actual: 900, contractStatus: 'signed' }
const contact = (vendorId: string) => ({ name: 'Kim', phone: '1', email: 'kim@band.example', vendorId })

describe('what is somebody’s own', () => {
  it.each<{ what: string; record: CausalRecord; classes: string }>([
    { what: 'its own row', record: made('vendors', row, 'planner', BAND), classes: 'money open' },
    { what: 'the row of another vendor', record: made('vendors', row, 'planner', FLORIST), classes: 'open' },
    { what: 'its contact', record: made('vendor_contacts', contact(BAND)), classes: 'open private' },
    { what: 'the contact of another', record: made('vendor_contacts', contact(FLORIST)), classes: 'open' },
    { what: 'a task given to it by id', record: made('tasks', { title: 'x', assignees: [BAND] }), classes: 'open' },
    {
      what: 'a task given to it by name',
      record: made('tasks', { title: 'x', assignees: [' the band'] }),
      classes: 'open',
    },
    { what: 'a task of others', record: made('tasks', { title: 'x', assignees: ['Marta'] }), classes: '' },
    { what: 'an issue that it raised', record: made('issues', { title: 'x' }, 'band'), classes: 'open' },
    { what: 'an issue of others', record: made('issues', { title: 'x' }), classes: '' },
    { what: 'what the couple pay it', record: made('budget_items', { name: 'x', vendorId: BAND }), classes: '' },
    { what: 'a guest', record: made('guests', { name: 'x', dietary: 'y' }, 'band'), classes: '' },
  ])('[ROL1][6] a vendor reads "$classes" of $what', ({ record, classes }) => {
    expect(readable(record)).toBe(classes)
  })

  it('[ROL1][6] a photographer reads what is inner in what it wrote, and writes notes of its own', () => {
    const rules = rulesFor('photographer')
    const note = { content: 'x', visibility: 'internal' }
    expect(readable(made('client_notes', note, 'band'), rules)).toBe('inner')
    expect(readable(made('client_notes', note), rules)).toBe('')
    expect(rules.refusal(made('client_notes', note, 'band'), undefined)).toBeUndefined()
    expect(rules.refusal(made('client_notes', note, 'planner'), undefined)).toContain('photographer')
    expect(verdict(made('client_notes', { content: 'x' }), edit({ isPinned: true }), rules)).toContain('photographer')
  })

  it.each<{ what: string; verdict: string | undefined }>([
    {
      what: 'that it is there',
      verdict: verdict(
        made('vendors', row, 'planner', BAND),
        edit({ status: 'on-site', checkInTime: '2027-06-12T12:00:00.000Z' }),
      ),
    },
    {
      what: 'the status of an item given to it',
      verdict: verdict(
        made('timeline_items', { title: 'Dance', assignedVendors: ['The Band'] }),
        edit({ status: 'completed' }),
      ),
    },
    {
      what: 'a task of its own as done',
      verdict: verdict(made('tasks', { title: 'x', assignees: [BAND] }), edit({ done: true })),
    },
    { what: 'a new issue', verdict: rulesFor('vendor').refusal(made('issues', { title: 'x' }, 'band'), undefined) },
    {
      what: 'that its issue was none',
      verdict: verdict(made('issues', { title: 'x' }, 'band'), (held) => deleteRecord(held, at(10, 'band'))),
    },
  ])('[ROL1][6] a vendor writes $what', ({ verdict }) => {
    expect(verdict).toBeUndefined()
  })

  it.each<{ what: string; verdict: string | undefined }>([
    {
      what: 'the row of another',
      verdict: verdict(made('vendors', row, 'planner', FLORIST), edit({ status: 'on-site' })),
    },
    {
      what: 'its name, by which items are given',
      verdict: verdict(made('vendors', row, 'planner', BAND), edit({ name: 'Florist' })),
    },
    { what: 'what it is paid', verdict: verdict(made('vendors', row, 'planner', BAND), edit({ actual: 9_000 })) },
    { what: 'its own row anew', verdict: rulesFor('vendor').refusal(made('vendors', row, 'band', BAND), undefined) },
    {
      what: 'its own row away',
      verdict: verdict(made('vendors', row, 'planner', BAND), (held) => deleteRecord(held, at(10, 'band'))),
    },
    {
      what: 'an item of others',
      verdict: verdict(
        made('timeline_items', { title: 'x', assignedVendors: ['Florist'] }),
        edit({ status: 'completed' }),
      ),
    },
    {
      what: 'itself into an item',
      verdict: verdict(
        made('timeline_items', { title: 'x' }),
        edit({ assignedVendors: ['The Band'], status: 'completed' }),
      ),
    },
    {
      what: 'the time of its own item',
      verdict: verdict(made('timeline_items', { title: 'x', assignedVendors: [BAND] }), edit({ startTime: 'x' })),
    },
    {
      what: 'a task of others',
      verdict: verdict(made('tasks', { title: 'x' }), edit({ assignees: [BAND], done: true })),
    },
    {
      what: 'a new task',
      verdict: rulesFor('vendor').refusal(made('tasks', { title: 'x', assignees: [BAND] }, 'band'), undefined),
    },
    {
      what: 'an issue in the name of others',
      verdict: rulesFor('vendor').refusal(made('issues', { title: 'x' }, 'planner'), undefined),
    },
    {
      what: 'a contact, for it to be its own',
      verdict: verdict(made('vendor_contacts', contact(FLORIST)), edit({ vendorId: BAND })),
    },
  ])('[ROL1][6] a vendor does not write $what', ({ verdict }) => {
    expect(verdict).toContain('the role vendor may not')
  })

  it('[ROL1] what a vendor was once given it goes on reading, and no longer writes', () => {
    const given = made('tasks', { title: 'x', assignees: [BAND] })
    const taken = editRecord(given, { assignees: ['Marta'] }, at(5, 'planner'))
    expect([readable(taken), isOwn(taken, owns, 'ever'), isOwn(taken, owns, 'now')]).toEqual(['open', true, false])
    expect(verdict(taken, edit({ done: true }))).toContain('may not write done')
  })

  it('[ROL1] nobody claims a record by saying that they created it', () => {
    const issue = made('issues', { title: 'x' })
    const forged = createRecord({ id: issue.id, scope: LAKE, table: 'issues', data: { title: 'x' } }, at(9, 'band'))
    expect(rulesFor('vendor').refusal(forged, issue)).toContain('the role vendor may not')
  })

  it('[ROL1] where values cannot be read nothing is anybody’s own to read, and what ids tell is theirs to write', () => {
    const rules = rulesFor('vendor', { ...WHOSE, isSealed: true })
    expect(readable(made('vendors', row, 'planner', BAND), rules)).toBe('open')
    expect(readable(made('issues', { title: 'x' }, 'band'), rules)).toBe('')
    expect(
      rules.refusal(edit({ eta: 'x' })(made('vendors', row, 'planner', BAND)), made('vendors', row, 'planner', BAND)),
    ).toBeUndefined()
  })
})

describe('records of actors', () => {
  const ACTOR = elevenChars('band')
  const actorRecord = (data: Data, by = 'band', id = uuidv5(ACTOR, ACTOR_RECORDS)) =>
    createRecord({ id, scope: TEAM, table: 'actors', data }, at(0, by))
  const own = { actor: ACTOR, ...HOLDER, personName: 'Kim' }

  it.each<Role>(['couple', 'photographer', 'vendor', 'viewer'])('[ROL3] a %s says whose its own actor is', (role) => {
    expect(rulesFor(role).refusal(actorRecord(own), undefined)).toBeUndefined()
    const named = editRecord(actorRecord(own), { personName: 'Kim of the Band' }, at(5, 'band'))
    expect(rulesFor(role).refusal(named, actorRecord(own))).toBeUndefined()
  })

  it.each<{ what: string; incoming: CausalRecord; current?: CausalRecord }>([
    { what: 'for another person', incoming: actorRecord({ ...own, userId: uuidOf(51) }) },
    { what: 'for another device', incoming: actorRecord({ ...own, deviceId: 'laptop' }) },
    { what: 'for an actor of another name', incoming: actorRecord({ ...own, actor: elevenChars('owner') }) },
    { what: 'under any id', incoming: actorRecord(own, 'band', uuidOf(9)) },
    { what: 'that somebody else made', incoming: actorRecord(own, 'owner') },
    { what: 'without saying whose it is', incoming: actorRecord({ actor: ACTOR }) },
    {
      what: 'over one that is here',
      incoming: editRecord(actorRecord({ ...own, deviceId: 'laptop' }), { deviceId: 'band' }, at(5, 'band')),
      current: actorRecord({ ...own, deviceId: 'laptop' }),
    },
    { what: 'away', incoming: deleteRecord(actorRecord(own), at(5, 'band')), current: actorRecord(own) },
  ])('[ROL3][6] nobody says it $what', ({ incoming, current }) => {
    for (const role of ['couple', 'photographer', 'vendor', 'viewer'] as const) {
      expect(rulesFor(role).refusal(incoming, current)).toEqual(expect.any(String))
    }
    expect(rulesOf({ role: 'owner', weddings: 'all' }, TEAM, () => true).refusal(incoming, current)).toBeUndefined()
  })
})

describe('a vendor’s device at a hub', () => {
  let team: SyncTeam
  beforeEach(() => {
    team = createSyncTeam()
  })
  afterEach(() => team.close())

  async function venue() {
    const [phone, hub] = [await team.replica('band'), await team.replica('planner')]
    const put = (id: string, table: string, data: Data) => hub.create({ id, scope: LAKE, table, data })
    await put(LAKE, 'weddings', { name: 'Lake', date: '2027-06-12', internalNotes: 'x' })
    await put(BAND, 'vendors', row)
    await put(FLORIST, 'vendors', { ...row, name: 'Florist' })
    await put(uuidOf(202), 'vendor_contacts', contact(BAND))
    await put(uuidOf(203), 'vendor_contacts', contact(FLORIST))
    await put(uuidOf(204), 'tasks', { title: 'Set up', assignees: ['The Band'] })
    await put(uuidOf(205), 'tasks', { title: 'Rings', assignees: ['Marta'] })
    await put(uuidOf(206), 'timeline_items', { title: 'Dance', assignedVendors: ['The Band'], internalNotes: 'x' })
    await put(uuidOf(207), 'guests', { name: 'Ada', dietary: 'vegan' })
    const id = uuidv5(elevenChars('band'), ACTOR_RECORDS)
    const data = { actor: elevenChars('band'), ...HOLDER, personName: 'Kim' }
    await phone.create({ id, scope: TEAM, table: 'actors', data })
    const claimant = { team: TEAM, userId: HOLDER.userId, grant: GRANT }
    const connect = async (): Promise<Line> => {
      const [atHub, atPhone] = [await openClaims(hub.changes, claimant), await openClaims(phone.changes, claimant)]
      return team.connect(phone, hub, {
        grant: GRANT,
        whose: { holder: HOLDER, claims: atHub },
        trust: trusting(viewOf('vendor', atPhone.owns), atPhone.refresh),
      })
    }
    const line = await connect()
    await team.pass(3_000)
    return { phone, hub, line, connect }
  }

  async function unitsAt({ changes }: MemoryReplica): Promise<readonly string[]> {
    const records = await changes.inScope(LAKE)
    return records.map(
      ({ id, table, units }) => `${table} ${Number(id.slice(-3))} ${[...units.keys()].sort().join('+')}`,
    )
  }

  const ITS_PART = [
    'weddings 100 open',
    'vendors 200 money+open',
    'vendors 201 open',
    'vendor_contacts 202 open+private',
    'vendor_contacts 203 open',
    'tasks 204 open',
    'timeline_items 206 open',
  ]

  it('[ROL1][ROL2][INV6] holds its own part, nothing beside it, and proves that it has all of that', async () => {
    const { phone, line } = await venue()
    expect(await unitsAt(phone)).toEqual(ITS_PART)
    const progress = [await line.caller.progress(LAKE), await line.called.progress(LAKE)]
    expect(progress.map((each) => each?.equal)).toEqual([true, true])
  })

  it('[ROL2] finds what is missing of it, and is given that back', async () => {
    const { phone, line, connect } = await venue()
    line.pipe.cut()
    await phone.removeByHand([BAND, uuidOf(204)])
    const again = await connect()
    await team.pass(5_000)
    expect(await unitsAt(phone)).toEqual(ITS_PART)
    expect((await again.caller.progress(LAKE))?.equal).toBe(true)
  })

  it('[ROL1] brings its status, its own issue, and reads the issue afterwards', async () => {
    const { phone, hub, line } = await venue()
    await phone.edit(BAND, { status: 'on-site' })
    await phone.edit(uuidOf(206), { status: 'in-progress' })
    await phone.create({ id: uuidOf(210), scope: LAKE, table: 'issues', data: { title: 'No socket' } })
    await team.pass(2_000)
    await hub.edit(uuidOf(210), { resolution: 'Behind the bar' })
    await team.pass(3_000)
    expect(viewRecord(await hub.read(BAND)).data).toMatchObject({ status: 'on-site', actual: 900 })
    expect(viewRecord(await phone.read(uuidOf(210))).data).toMatchObject({ resolution: 'Behind the bar' })
    expect(line.refused).toEqual({ caller: [], called: [] })
    expect((await line.caller.progress(LAKE))?.equal).toBe(true)
  })

  it('[ROL2] what passes to it comes whole, and what passes from it is counted no more', async () => {
    const { phone, hub, line } = await venue()
    await hub.edit(uuidOf(203), { vendorId: BAND })
    await hub.edit(uuidOf(202), { vendorId: FLORIST })
    await hub.edit(uuidOf(205), { assignees: [BAND] })
    await team.pass(5_000)
    const held = await unitsAt(phone)
    expect(held).toContain('vendor_contacts 203 open+private')
    expect(held).toContain('tasks 205 open')
    await hub.edit(uuidOf(202), { email: 'secret@florist.example' })
    await team.pass(5_000)
    expect(JSON.stringify(viewRecord(await phone.read(uuidOf(202))).data)).not.toContain('secret')
    expect([(await line.caller.progress(LAKE))?.equal, (await line.called.progress(LAKE))?.equal]).toEqual([true, true])
  })
})
