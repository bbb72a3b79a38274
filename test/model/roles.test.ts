import { describe, expect, it } from 'vitest'
import { mayEnterWedding, mayRead, mayServeAsHub, mayWrite, ROLES, type Role, roleName } from '../../model/roles.ts'
import { TABLES as KNOWN, WEDDING_TABLES } from '../../model/tables/index.ts'
import { policyTable } from '../../model/tables/policyTable.ts'

const CLASSES = ['open', 'private', 'diet', 'money', 'inner']
const TABLES = [...KNOWN.keys(), 'drone_flights']

const readable = (role: Role, table: string) => CLASSES.filter((readClass) => mayRead(role, table, readClass))

/** Written by devices that let others in. */
const OF_THE_TEAM = ['members', 'device_keys', 'wrapped_keys', 'recovery_boxes']

describe('roles', () => {
  it('are understood as people write them', () => {
    expect(['Owner', 'ADMIN', 'Bride', 'groom', 'coordinator', 'viewer'].map((text) => roleName.parse(text))).toEqual([
      'owner',
      'owner',
      'couple',
      'couple',
      'planner',
      'viewer',
    ])
  })

  it.each(['', 'toString', '__proto__', 'constructor', 'king', ' owner', 1, null])('%o is none', (text) => {
    expect(roleName.safeParse(text).success).toBe(false)
  })

  it.each<{ role: Role; table: string; classes: string }>([
    { role: 'owner', table: 'guests', classes: 'open private diet money inner' },
    { role: 'planner', table: 'clients', classes: 'open private diet money inner' },
    { role: 'couple', table: 'guests', classes: 'open private diet money' },
    { role: 'photographer', table: 'guests', classes: 'open diet' },
    { role: 'photographer', table: 'photo_groups', classes: 'open diet inner' },
    { role: 'photographer', table: 'vendors', classes: 'open diet' },
    { role: 'vendor', table: 'timeline_items', classes: 'open' },
    { role: 'vendor', table: 'vendors', classes: 'open' },
    { role: 'vendor', table: 'guests', classes: '' },
    { role: 'vendor', table: 'drone_flights', classes: '' },
    { role: 'viewer', table: 'guests', classes: 'open' },
    { role: 'planner', table: 'budget_items', classes: 'open private diet money inner' },
    { role: 'couple', table: 'budget_items', classes: 'open private diet money' },
    { role: 'photographer', table: 'budget_items', classes: 'open diet' },
    { role: 'photographer', table: 'photo_group_members', classes: 'open diet' },
    { role: 'vendor', table: 'vendor_contacts', classes: 'open' },
    { role: 'vendor', table: 'weddings', classes: 'open' },
    { role: 'vendor', table: 'photo_groups', classes: 'open' },
    { role: 'viewer', table: 'clients', classes: 'open' },
  ])('[6] $role reads "$classes" of $table', ({ role, table, classes }) => {
    expect(readable(role, table).join(' ')).toBe(classes)
  })

  it('[6] nobody but owner and planner reads what is internal, save the photographer of photo groups', () => {
    for (const role of ROLES.filter((each) => each !== 'owner' && each !== 'planner')) {
      for (const table of TABLES) {
        expect([role, table, mayRead(role, table, 'inner')]).toEqual([
          role,
          table,
          role === 'photographer' && table === 'photo_groups',
        ])
      }
    }
  })

  it('[6] nobody reads a class that this version does not know, even of a table that it may read whole', () => {
    for (const role of ROLES) expect(mayRead(role, 'guests', 'altitude')).toBe(false)
  })

  it.each<{ role: Role; table: string; fields: string[]; may: boolean }>([
    { role: 'owner', table: 'members', fields: ['role'], may: true },
    { role: 'planner', table: 'guests', fields: [], may: true },
    { role: 'planner', table: 'vendors', fields: ['name', 'actual'], may: false },
    { role: 'planner', table: 'members', fields: ['role'], may: false },
    { role: 'planner', table: 'members', fields: [], may: false },
    { role: 'couple', table: 'weddings', fields: ['venue'], may: true },
    { role: 'couple', table: 'weddings', fields: ['internalNotes'], may: false },
    { role: 'photographer', table: 'timeline_items', fields: ['done', 'status'], may: true },
    { role: 'photographer', table: 'timeline_items', fields: ['done', 'title'], may: false },
    { role: 'photographer', table: 'timeline_items', fields: [], may: false },
    { role: 'photographer', table: 'photo_groups', fields: [], may: true },
    { role: 'photographer', table: 'guests', fields: ['name'], may: false },
    { role: 'vendor', table: 'vendors', fields: ['status'], may: false },
    { role: 'viewer', table: 'tasks', fields: ['done'], may: false },
    { role: 'viewer', table: 'actors', fields: ['personName'], may: true },
    { role: 'owner', table: 'budget_items', fields: ['amount', 'currency'], may: true },
    { role: 'planner', table: 'budget_items', fields: ['name', 'notes', 'category'], may: true },
    { role: 'planner', table: 'clients', fields: ['deposit'], may: false },
    { role: 'planner', table: 'clients', fields: ['internalNotes', 'contractStatus'], may: true },
    { role: 'planner', table: 'templates', fields: [], may: true },
    { role: 'couple', table: 'budget_items', fields: ['amount'], may: true },
    { role: 'couple', table: 'clients', fields: ['contractStatus'], may: false },
    { role: 'couple', table: 'members', fields: ['role'], may: false },
    { role: 'couple', table: 'wrapped_keys', fields: [], may: false },
    { role: 'planner', table: 'device_keys', fields: ['certificate'], may: false },
    { role: 'photographer', table: 'photo_groups', fields: ['internalNotes'], may: true },
    { role: 'photographer', table: 'documents', fields: [], may: false },
    { role: 'photographer', table: 'client_notes', fields: [], may: false },
    { role: 'photographer', table: 'budget_items', fields: ['notes'], may: false },
    { role: 'photographer', table: 'vendor_directory', fields: ['name'], may: false },
    { role: 'vendor', table: 'issues', fields: [], may: false },
  ])('[6] $role writing $fields of $table: $may', ({ role, table, fields, may }) => {
    expect(mayWrite(role, table, fields)).toBe(may)
  })

  it('[6] who may write all of which table of a wedding is as in tables.md', () => {
    const writes = (role: Role) => WEDDING_TABLES.filter((table) => mayWrite(role, table, []))
    for (const role of ['owner', 'planner', 'couple'] as const) expect(writes(role)).toEqual(WEDDING_TABLES)
    expect(writes('photographer')).toEqual(['photo_groups', 'photo_group_members', 'issues', 'tasks', 'photos'])
    expect(writes('vendor')).toEqual([])
    expect(writes('viewer')).toEqual([])
  })

  it('[6] no money amount is a planner’s to write, and nothing inner a couple’s, in whatever table it stands', () => {
    for (const { table, field, readClass, policy } of policyTable()) {
      if (OF_THE_TEAM.includes(table)) continue
      const isAmount = readClass === 'money' && policy === 'ask'
      expect([table, field, mayWrite('planner', table, [field])]).toEqual([table, field, !isAmount])
      expect([table, field, mayWrite('couple', table, [field])]).toEqual([table, field, readClass !== 'inner'])
    }
  })

  it('[6] nobody may write a field that they may not read', () => {
    for (const role of ROLES) {
      for (const { table, field, readClass } of policyTable()) {
        if (mayRead(role, table, readClass)) continue
        expect([role, table, field, mayWrite(role, table, [field])]).toEqual([role, table, field, false])
      }
    }
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    '[5] a table named %s is a table like any other that we do not know',
    (table) => {
      expect(mayRead('viewer', table, 'open')).toBe(true)
      expect(mayWrite('viewer', table, ['x'])).toBe(false)
      expect(mayWrite('owner', table, ['x'])).toBe(true)
    },
  )

  it('only who reads everything of all weddings may serve as hub', () => {
    expect(ROLES.filter((role) => mayServeAsHub({ role, weddings: 'all' }))).toEqual(['owner', 'planner'])
    expect(mayServeAsHub({ role: 'owner', weddings: ['w'] })).toBe(false)
  })

  it('a grant is for the weddings that it names', () => {
    expect(mayEnterWedding({ role: 'viewer', weddings: ['w'] }, 'w')).toBe(true)
    expect(mayEnterWedding({ role: 'owner', weddings: ['w'] }, 'v')).toBe(false)
    expect(mayEnterWedding({ role: 'viewer', weddings: 'all' }, 'v')).toBe(true)
  })
})
