import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { backupName, isDue, listBackups, superfluous } from '../../../server/backup/rotation.ts'
import { temporary } from './support.ts'

const folders = temporary('rotation')
afterAll(() => folders.cleanUp())

const HOUR_MS = 3_600_000
const at = (text: string) => Date.parse(text)

describe('the rotation of backups', () => {
  it('knows its own files by their names, the newest first, and no others', () => {
    const folder = folders.make()
    expect(listBackups(join(folder, 'missing'))).toEqual([])
    const times = ['2027-06-12T14:00:00.000Z', '2027-06-13T02:30:00.123Z', '2026-12-31T23:59:59.999Z'].map(at)
    for (const ms of times) writeFileSync(join(folder, backupName(ms)), '')
    for (const name of ['notes.txt', '.x.copy', 'wedsync-2027.backup', `${backupName(1)}.new`]) {
      writeFileSync(join(folder, name), '')
    }
    mkdirSync(join(folder, 'photos'))
    expect(listBackups(folder).map(({ ms }) => ms)).toEqual([...times].sort((a, b) => b - a))
  })

  it('is daily, and hourly on a wedding day until six the next morning, by the time of the place', () => {
    const wedding = [{ date: '2027-06-12', timezone: 'Europe/Lisbon' }] // UTC+1
    const cases: readonly (readonly [last: string, now: string, due: boolean])[] = [
      ['2027-06-10T12:00Z', '2027-06-11T11:59Z', false],
      ['2027-06-10T12:00Z', '2027-06-11T12:00Z', true],
      ['2027-06-11T21:30Z', '2027-06-11T22:45Z', false],
      ['2027-06-11T22:00Z', '2027-06-11T23:00Z', true], // midnight in Lisbon
      ['2027-06-12T14:00Z', '2027-06-12T14:59Z', false],
      ['2027-06-12T14:00Z', '2027-06-12T15:00Z', true],
      ['2027-06-13T03:00Z', '2027-06-13T04:59Z', true],
      ['2027-06-13T03:00Z', '2027-06-13T05:01Z', false],
    ]
    for (const [last, now, due] of cases) expect(isDue(at(last), at(now), wedding), now).toBe(due)
    expect(isDue(at('2027-06-12T14:00Z'), at('2027-06-12T16:00Z'), [])).toBe(false)
    expect(
      isDue(at('2027-06-12T14:00Z'), at('2027-06-12T16:00Z'), [{ date: '2027-06-12', timezone: 'Mars/Sea' }]),
    ).toBe(true)
  })

  it('begins with one, and is not held up by a backup that a wrong clock has dated into the future', () => {
    expect(isDue(undefined, 0, [])).toBe(true)
    expect(isDue(at('2037-01-01T00:00Z'), at('2027-01-01T00:00Z'), [])).toBe(true)
  })

  it('keeps the newest and one of each day, so that hours do not push out days', () => {
    const newest = at('2027-06-12T23:00Z')
    const hourly = Array.from({ length: 24 }, (_, i) => newest - i * HOUR_MS)
    const daily = Array.from({ length: 20 }, (_, i) => at('2027-06-11T09:00Z') - i * 24 * HOUR_MS)
    const backups = [...hourly, ...daily].map((ms) => ({ file: backupName(ms), ms }))
    const dropped = new Set(superfluous(backups, 12).map(({ ms }) => ms))
    const kept = backups.filter(({ ms }) => !dropped.has(ms)).map(({ ms }) => ms)
    expect(kept).toEqual([...hourly.slice(0, 12), ...daily.slice(0, 11)])
    expect(superfluous(backups.slice(0, 3), 12)).toEqual([])
  })
})
