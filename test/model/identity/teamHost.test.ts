import { expect, it } from 'vitest'
import { isHostOf, teamHost } from '../../../model/identity/teamHost.ts'

it('is one name for one team, as tablets keep it', () => {
  expect(teamHost('0b8f9a52-4d0e-4c6b-9a37-2f6d1c0e7b11')).toBe('wedsync-ccc3694e4d.local')
})

it.each([
  ['wedsync-0123456789.local', true],
  ['WedSync-0123456789.local', true],
  ['1f0c9a7b.wedsync-0123456789.local', true],
  ['a.b.wedsync-0123456789.local', false],
  ['.wedsync-0123456789.local', false],
  ['evilwedsync-0123456789.local', false],
  ['wedsync-9876543210.local', false],
  ['wedsync-0123456789.local.example', false],
  ['', false],
])('%s leads to the hub of the team: %s', (name, leads) => {
  expect(isHostOf('wedsync-0123456789.local', name)).toBe(leads)
})
