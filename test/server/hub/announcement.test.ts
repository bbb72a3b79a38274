import { randomBytes } from 'node:crypto'
import type { Answer } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { endorse, endorsementBy, hubsIn, recordsOf, SERVICE } from '../../../server/hub/announcement.ts'
import { isSignedByTeam } from '../../../server/identity/signed.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'

const deviceId = randomBytes(32).toString('base64url')
const [team, otherTeam] = [createTeamKeys(), createTeamKeys()]
const announcement = { ...endorse(deviceId, [team.privateKey]), port: 8443 }
const { endorsement } = announcement
const announced = { ...announcement, host: 'wedsync-0123456789.local' }
const records = recordsOf(announced, '192.168.7.2', 120)

/** The records with the texts that somebody else might put there. */
function saying(...texts: readonly string[]): Answer[] {
  return records.map((record) => (record.type === 'TXT' ? { ...record, data: [...texts] } : record))
}

describe('the announcement of a hub', () => {
  it('is read as it was said', () => {
    expect(hubsIn(records)).toEqual([{ ...announcement, ttl: 120 }])
  })

  it('taken back is heard as such', () => {
    const [heard] = hubsIn(recordsOf(announced, '192.168.7.2', 0))
    expect(heard?.ttl).toBe(0)
  })

  it('bears an endorsement that only the team can give, for this device only, and that is no token', () => {
    const another = { ...announcement, deviceId: randomBytes(32).toString('base64url') }
    expect(endorsementBy(announcement, team.publicKey)).toBe('present')
    expect(endorsementBy(announcement, otherTeam.publicKey)).toBeUndefined()
    expect(endorsementBy(another, team.publicKey)).toBeUndefined()
    expect(isSignedByTeam(deviceId, endorsement, team.publicKey)).toBe(false)
  })

  it('[KEY4][KEY5] of a team with another key is heard by those who know the key before, who then call first', () => {
    const next = createTeamKeys()
    const [heard] = hubsIn(
      recordsOf({ ...announced, ...endorse(deviceId, [team.privateKey, next.privateKey]) }, '192.168.7.2', 120),
    )
    if (!heard) throw new Error('nothing was heard')
    expect(endorsementBy(heard, next.publicKey)).toBe('present')
    expect(endorsementBy(heard, team.publicKey)).toBe('ahead')
    expect(endorsementBy(heard, otherTeam.publicKey)).toBeUndefined()
    // A thief, and whoever has not heard, has the word of the key before alone.
    expect(endorsementBy(announcement, next.publicKey)).toBeUndefined()
    const long = endorse(deviceId, [...Array(20).fill(team.privateKey), next.privateKey])
    expect(hubsIn(recordsOf({ ...announced, ...long }, '192.168.7.2', 120))[0]?.formerEndorsements).toHaveLength(4)
  })

  it('says nothing but ids, a port and an address', () => {
    const said = JSON.stringify(records)
    const known = [SERVICE, deviceId, endorsement, '192.168.7.2']
    const rest = known.reduce((text, part) => text.replaceAll(part, ''), said)
    expect(rest.replaceAll(deviceId.slice(0, 16), '')).not.toMatch(/[A-Z][a-z]+ |@|anna|ben/i)
  })

  it.each([
    ['no device id', saying('v=1', `team=${endorsement}`)],
    ['a device id that is none', saying('v=1', 'id=<script>', `team=${endorsement}`)],
    ['no endorsement', saying('v=1', `id=${deviceId}`)],
    ['an endless endorsement', saying('v=1', `id=${deviceId}`, `team=${'x'.repeat(200)}`)],
    ['no text at all', records.filter(({ type }) => type !== 'TXT')],
    ['another service', records.map((record) => ({ ...record, name: record.name.replace('wedsync', 'printer') }))],
  ])('with %s is passed over', (_, strange) => {
    expect(hubsIn(strange)).toEqual([])
  })
})
