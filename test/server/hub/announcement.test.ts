import { randomBytes } from 'node:crypto'
import type { Answer } from 'dns-packet'
import { describe, expect, it } from 'vitest'
import { hubsIn, recordsOf, SERVICE, teamMark } from '../../../server/hub/announcement.ts'

const deviceId = randomBytes(32).toString('base64url')
const mark = teamMark(deviceId, 'the key of Anna and Ben')
const records = recordsOf({ deviceId, teamMark: mark, port: 8443 }, '192.168.7.2', 120)

/** The records with the texts that somebody else might put there. */
function saying(...texts: readonly string[]): Answer[] {
  return records.map((record) => (record.type === 'TXT' ? { ...record, data: [...texts] } : record))
}

describe('the announcement of a hub', () => {
  it('is read as it was said', () => {
    expect(hubsIn(records)).toEqual([{ deviceId, teamMark: mark, port: 8443, ttl: 120 }])
  })

  it('taken back is heard as such', () => {
    const [heard] = hubsIn(recordsOf({ deviceId, teamMark: mark, port: 8443 }, '192.168.7.2', 0))
    expect(heard?.ttl).toBe(0)
  })

  it('bears a mark that only the key of the team makes, for this device only', () => {
    expect(teamMark(deviceId, 'another key')).not.toBe(mark)
    expect(teamMark(randomBytes(32).toString('base64url'), 'the key of Anna and Ben')).not.toBe(mark)
  })

  it('says nothing but ids, a port and an address', () => {
    const said = JSON.stringify(records)
    const known = [SERVICE, deviceId, mark, '192.168.7.2']
    const rest = known.reduce((text, part) => text.replaceAll(part, ''), said)
    expect(rest.replaceAll(deviceId.slice(0, 16), '')).not.toMatch(/[A-Z][a-z]+ |@|anna|ben/i)
  })

  it.each([
    ['no device id', saying('v=1', `team=${mark}`)],
    ['a device id that is none', saying('v=1', 'id=<script>', `team=${mark}`)],
    ['no mark', saying('v=1', `id=${deviceId}`)],
    ['an endless mark', saying('v=1', `id=${deviceId}`, `team=${'x'.repeat(200)}`)],
    ['no text at all', records.filter(({ type }) => type !== 'TXT')],
    ['another service', records.map((record) => ({ ...record, name: record.name.replace('wedsync', 'printer') }))],
  ])('with %s is passed over', (_, strange) => {
    expect(hubsIn(strange)).toEqual([])
  })
})
