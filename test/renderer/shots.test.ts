import { describe, expect, it } from 'vitest'
import { fingerprintGroups } from '../../renderer/src/devices/fingerprint.ts'
import { readRoute, routeHash } from '../../renderer/src/route.ts'
import { type PhotoGroup, rankAfter, shotSections, shotsLeft } from '../../renderer/src/shots/group.ts'
import { daysUntil, daysWords, knownZone, minutesWords, timeWords } from '../../renderer/src/time/local.ts'

function group(name: string, rest: Partial<PhotoGroup> = {}): PhotoGroup {
  const none = { people: [], section: '', rank: '', place: '', description: '', waitingFor: '', inConflict: [] }
  return { id: name, name, minutes: 3, done: false, skipped: false, ...none, ...rest } as unknown as PhotoGroup
}

describe('the shot list', () => {
  it('groups by section in the order of ranks, without a rank last', () => {
    const all = [
      group('Friends', { section: 'Friends', rank: 'c' }),
      group('Late idea', { section: 'Family' }),
      group('Parents', { section: 'Family', rank: 'b' }),
      group('Grandparents', { section: 'Family', rank: 'a' }),
    ]
    expect(shotSections(all).map(({ title, groups }) => [title, groups.map(({ name }) => name)])).toEqual([
      ['Family', ['Grandparents', 'Parents', 'Late idea']],
      ['Friends', ['Friends']],
    ])
  })

  it('counts the minutes of the groups that are left', () => {
    const all = [group('A', { done: true }), group('B', { minutes: 5 }), group('C', { skipped: true }), group('D')]
    expect(shotsLeft(all)).toEqual({ groups: 2, minutes: 8, total: 4 })
  })

  it('gives each added group a later rank, short for a long time', () => {
    let ranks: { rank: string }[] = [{ rank: 'a0' }]
    for (let i = 0; i < 500; i++) {
      const rank = rankAfter(ranks)
      expect(ranks.every((other) => other.rank < rank)).toBe(true)
      ranks = [...ranks, { rank }]
    }
    expect(ranks.at(-1)?.rank.length).toBeLessThan(30)
    expect(rankAfter([])).toBe('m')
  })
})

describe('times in words', () => {
  it('name the day only when it is another', () => {
    const ms = Date.parse('2026-06-13T23:30:00Z')
    expect(timeWords(ms, 'Europe/Lisbon', '2026-06-14')).toBe('00:30')
    expect(timeWords(ms, 'Europe/Lisbon', '2026-06-13')).toBe('Sun 14 June, 00:30')
  })
  it('count days in the zone of the wedding', () => {
    const ms = Date.parse('2026-06-12T23:30:00Z')
    expect(daysUntil('2026-06-13', ms, 'Europe/Lisbon')).toBe(0)
    expect(daysUntil('2026-06-13', ms, 'America/New_York')).toBe(1)
    expect(['-1', '0', '1', '9'].map((days) => daysWords(Number(days)))).toEqual([
      'Yesterday',
      'Today',
      'Tomorrow',
      'in 9 days',
    ])
  })
  it('say hours from an hour on', () => {
    expect([5, 60, 80].map(minutesWords)).toEqual(['5 min', '1 h', '1 h 20 min'])
  })
  it('fall back to the device where the zone is unknown', () => {
    expect(knownZone('Europe/Lisbon')).toBe('Europe/Lisbon')
    expect(knownZone('Moon/Base')).not.toBe('Moon/Base')
  })
})

describe('the address', () => {
  it('remembers the screen', () => {
    const route = { screen: 'wedding', weddingId: 'w1', tab: 'shots' } as const
    expect(readRoute(routeHash(route))).toEqual(route)
    expect(readRoute(routeHash({ screen: 'devices' }))).toEqual({ screen: 'devices' })
    expect(readRoute('#/elsewhere')).toEqual({ screen: 'weddings' })
    expect(readRoute('')).toEqual({ screen: 'weddings' })
  })
})

describe('a fingerprint', () => {
  it('is read out in hexadecimal, as browsers show it, in groups of four', () => {
    expect(fingerprintGroups('sha256:q83vASM')).toEqual(['ABCD', 'EF01', '23'])
    expect(fingerprintGroups('AB:CD:EF:01:23')).toEqual(['ABCD', 'EF01', '23'])
  })
})
