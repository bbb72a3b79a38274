import { describe, expect, it } from 'vitest'
import { createRecord, deleteRecord, editRecord } from '../../../model/merge/edit.ts'
import { type CausalRecord, restrictRecord } from '../../../model/merge/record.ts'
import type { Unit } from '../../../model/merge/unit.ts'
import { mayRead, type Role } from '../../../model/roles.ts'
import { rulesOf, TRUSTED } from '../../../model/sync/rules.ts'
import { uuidOf } from '../../support/ids.ts'
import { at, newRecord, RECORD_ID, WEDDING_ID } from '../../support/mergeHelpers.ts'

const TEAM = uuidOf(1)
const rulesFor = (role: Role) => rulesOf({ role, weddings: 'all' }, TEAM, () => true)

/** What a device of that role holds of a record. */
function heldBy(role: Role, record: CausalRecord): CausalRecord {
  return restrictRecord(record, (readClass) => mayRead(role, record.table, readClass)) ?? expect.fail('nothing to hold')
}

/** The verdict on what a device of that role makes of a record that the hub holds. */
function refusal(role: Role, record: CausalRecord, change: (held: CausalRecord) => CausalRecord): string | undefined {
  return rulesFor(role).refusal(change(heldBy(role, record)), record)
}

const item = newRecord('timeline_items', { title: 'Ceremony', status: 'pending', done: false })
const group = newRecord('photo_groups', { name: 'Family', people: ['Ada'] })
const vendor = newRecord('vendors', { name: 'Band', actual: 900 })
const edit = (data: object) => (record: CausalRecord) => editRecord(record, { ...data }, at(10, 'device'))
const remove = (record: CausalRecord) => deleteRecord(record, at(10, 'device'))

describe('what a peer may bring', () => {
  it.each<{ role: Role; what: string; verdict: string | undefined }>([
    { role: 'owner', what: 'anything', verdict: refusal('owner', vendor, edit({ actual: 1, contractStatus: 'x' })) },
    { role: 'owner', what: 'a deletion', verdict: refusal('owner', item, remove) },
    { role: 'planner', what: 'the name of a vendor', verdict: refusal('planner', vendor, edit({ name: 'Trio' })) },
    // Its device may be a hub, which passes on what the owner wrote. The door for the planner's own edits is the REST API.
    { role: 'planner', what: 'an amount', verdict: refusal('planner', vendor, edit({ actual: 1 })) },
    { role: 'couple', what: 'a time', verdict: refusal('couple', item, edit({ startTime: 'x' })) },
    {
      role: 'photographer',
      what: 'done',
      verdict: refusal('photographer', item, edit({ done: true, status: 'completed' })),
    },
    { role: 'photographer', what: 'people of a group', verdict: refusal('photographer', group, edit({ people: [] })) },
    { role: 'photographer', what: 'a deleted group', verdict: refusal('photographer', group, remove) },
    { role: 'viewer', what: 'what it was sent', verdict: refusal('viewer', item, (held) => held) },
    { role: 'vendor', what: 'what it was sent', verdict: refusal('vendor', item, (held) => held) },
  ])('[6] $role may bring $what', ({ verdict }) => {
    expect(verdict).toBeUndefined()
  })

  it.each<{ role: Role; what: string; verdict: string | undefined }>([
    { role: 'couple', what: 'internal notes', verdict: refusal('couple', item, edit({ internalNotes: 'x' })) },
    { role: 'photographer', what: 'a title', verdict: refusal('photographer', item, edit({ done: true, title: 'x' })) },
    { role: 'photographer', what: 'a deletion', verdict: refusal('photographer', item, remove) },
    {
      role: 'photographer',
      what: 'a deletion and a status',
      verdict: refusal('photographer', item, (r) => edit({ status: 'x' })(remove(r))),
    },
    {
      role: 'photographer',
      what: 'an allergy',
      verdict: refusal('photographer', newRecord('guests', { name: 'Ada' }), edit({ allergies: ['nuts'] })),
    },
    { role: 'viewer', what: 'a status', verdict: refusal('viewer', item, edit({ status: 'completed' })) },
    { role: 'viewer', what: 'a deletion', verdict: refusal('viewer', item, remove) },
    { role: 'vendor', what: 'a row of vendors', verdict: refusal('vendor', vendor, edit({ status: 'on-site' })) },
  ])('[6] $role may not bring $what', ({ role, verdict }) => {
    expect(verdict).toContain(role)
  })

  it.each(['couple', 'photographer', 'vendor', 'viewer'] as const)(
    "[6] a %s raises nobody by editing a member record, their own or the owner's, and shuts nobody out",
    (role) => {
      const data = { deviceId: 'd', userId: 'u', role, weddings: 'all' }
      const member = createRecord({ id: RECORD_ID, scope: TEAM, table: 'members', data }, at(0, 'hub'))
      for (const change of [{ role: 'owner' }, { revokedAt: '2027-06-12T12:00:00.000Z' }, { userId: 'w' }]) {
        // As a device would make it that holds the record all the same.
        expect(rulesFor(role).refusal(editRecord(member, change, at(10, 'device')), member)).toContain(role)
      }
      expect(rulesFor(role).refusal(member, undefined)).toContain(role)
    },
  )

  it('[6] a deletion cannot be hidden in an edit that is allowed', () => {
    const deleted = deleteRecord(heldBy('photographer', item), at(10, 'device'))
    const unit = deleted.units.get('open') ?? expect.fail('no open unit')
    const done = [...unit.registers].map(([name, siblings]) => [name === '$deleted' ? 'done' : name, siblings] as const)
    const both = {
      ...deleted,
      units: new Map([['open', { ...unit, registers: new Map([...done, ...unit.registers]) }]]),
    }
    expect(rulesFor('photographer').refusal(both, item)).toContain('may not create or delete')
  })

  it('[6] a new item with nothing but a status is a new item', () => {
    const data = { status: 'pending' }
    const made = createRecord({ id: RECORD_ID, scope: WEDDING_ID, table: 'timeline_items', data }, at(0, 'device'))
    expect(rulesFor('photographer').refusal(made, undefined)).toContain('may not create or delete')
    expect(rulesFor('planner').refusal(made, undefined)).toBeUndefined()
  })

  it('[6] a note that its author could not read is refused', () => {
    const data = { content: 'x', visibility: 'internal' }
    const note = createRecord({ id: RECORD_ID, scope: WEDDING_ID, table: 'client_notes', data }, at(0, 'device'))
    const open = createRecord(
      { id: RECORD_ID, scope: WEDDING_ID, table: 'client_notes', data: { content: 'x' } },
      at(0, 'device'),
    )
    expect(rulesFor('couple').refusal(note, undefined)).toContain('may not write what it may not read')
    expect(rulesFor('couple').refusal(open, undefined)).toBeUndefined()
  })

  function forged(change: (unit: Unit) => Unit): CausalRecord {
    const unit = item.units.get('open') ?? expect.fail('no open unit')
    return { ...item, units: new Map([['open', change(unit)]]) }
  }

  it.each<Role>(['viewer', 'vendor', 'photographer'])('[4] %s cannot take a value away by leaving it out', (role) => {
    const without = forged((unit) => ({
      ...unit,
      registers: new Map([...unit.registers].filter(([name]) => name !== 'title')),
    }))
    expect(rulesFor(role).refusal(without, item)).toContain('title')
  })

  it.each<Role>(['viewer', 'photographer', 'owner'])(
    '[4] %s cannot make edits vanish that are still to be written',
    (role) => {
      const ahead = forged((unit) => ({
        ...unit,
        vector: new Map([...unit.vector].map(([actor]) => [actor, 1_000_000])),
      }))
      expect(rulesFor(role).refusal(ahead, item)).toBe('the record counts edits that it does not hold')
    },
  )

  it('whoever is called by us is trusted', () => {
    expect(TRUSTED.refusal(remove(item), item)).toBeUndefined()
    expect(TRUSTED.mayEnter(WEDDING_ID)).toBe(true)
  })

  it("the team is everybody's scope, a wedding only theirs to whom it was granted", async () => {
    const { mayEnter } = rulesOf({ role: 'planner', weddings: [WEDDING_ID] }, TEAM, (scope) => scope !== uuidOf(99))
    expect(await Promise.all([TEAM, WEDDING_ID, uuidOf(9)].map(mayEnter))).toEqual([true, true, false])
    const all = rulesOf({ role: 'owner', weddings: 'all' }, TEAM, (scope) => scope !== uuidOf(99))
    expect(await Promise.all([WEDDING_ID, uuidOf(99)].map(all.mayEnter))).toEqual([true, false])
  })
})
