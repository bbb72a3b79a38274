import { describe, expect, it } from 'vitest'
import { mayEnterWedding, mayRead, mayServeAsHub, mayWrite, ROLES, type Role, roleName } from '../../model/roles.ts'

const CLASSES = ['open', 'private', 'diet', 'money', 'inner']
const TABLES = ['weddings', 'timeline_items', 'clients', 'guests', 'vendors', 'photo_groups', 'tasks', 'drone_flights']

const readable = (role: Role, table: string) => CLASSES.filter((readClass) => mayRead(role, table, readClass))

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
  ])('[6] $role writing $fields of $table: $may', ({ role, table, fields, may }) => {
    expect(mayWrite(role, table, fields)).toBe(may)
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
