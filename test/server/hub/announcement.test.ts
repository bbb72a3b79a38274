import { randomBytes } from 'node:crypto'
import type { Answer } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { endorse, hubsIn, isEndorsed, recordsOf, SERVICE } from '../../../server/hub/announcement.ts'
import { isSignedByTeam } from '../../../server/identity/signed.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'

const deviceId = randomBytes(32).toString('base64url')
const [team, otherTeam] = [createTeamKeys(), createTeamKeys()]
const announcement = { deviceId, endorsement: endorse(deviceId, team.privateKey), port: 8443 }
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
    expect(isEndorsed(announcement, team.publicKey)).toBe(true)
    expect(isEndorsed(announcement, otherTeam.publicKey)).toBe(false)
    expect(isEndorsed(another, team.publicKey)).toBe(false)
    expect(isSignedByTeam(deviceId, endorsement, team.publicKey)).toBe(false)
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
