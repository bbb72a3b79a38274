import { describe, expect, it } from 'vitest'
import { formatJoinLink, parseJoinLink } from '../../../server/identity/joinLink.ts'
import { errorOf, okValue } from './support.ts'

const target = {
  url: 'https://192.168.7.2:8443',
  fingerprint: `sha256:${'-_Aa0'.repeat(9).slice(0, 43)}`,
  secret: 'S-_0'.repeat(11).slice(0, 43),
  team: '3f0b8a52-6f0e-4d7c-9a55-0d9c2f6f7a11',
}
const { team, ...withoutTeam } = target
const { app, browser } = formatJoinLink(target)

describe('a join link', () => {
  it('comes back from both spellings as it went in', () => {
    expect(app.startsWith('wedsync://join?')).toBe(true)
    expect(okValue(parseJoinLink(app))).toEqual(target)
    expect(browser).toBe(`https://192.168.7.2:8443/#join=${target.secret}&fp=${target.fingerprint}`)
    expect(okValue(parseJoinLink(browser))).toEqual(withoutTeam)
  })

  it.each(['https://wedsync.local', 'https://[fd00::7]:8443', 'https://127.0.0.1:1'])('keeps the address %s', (url) => {
    const links = formatJoinLink({ ...target, url })
    expect(okValue(parseJoinLink(links.app)).url).toBe(url)
    expect(okValue(parseJoinLink(links.browser)).url).toBe(url)
  })

  it('may be surrounded by white space, and be encoded further on its way', () => {
    expect(okValue(parseJoinLink(`\n\t ${app} \r\n`))).toEqual(target)
    expect(okValue(parseJoinLink(browser.replace('sha256:', 'sha256%3A')))).toEqual(withoutTeam)
    expect(okValue(parseJoinLink(app.replace('wedsync://join?', 'WEDSYNC://join/?')))).toEqual(target)
  })

  it.each([
    ['', 'it is empty'],
    ['  ', 'it is empty'],
    ['192.168.7.2:8443', 'it begins with neither wedsync:// nor https://'],
    ['mailto:ana@example.org', 'it begins with neither wedsync:// nor https://'],
    [browser.replace('https', 'http'), 'it begins with http:// where a hub has https://'],
    ['https://192.168.7.2:8443/', 'it has no secret; copy it to its end'],
    [browser.replace('#', '?'), 'it has no secret; copy it to its end'],
    [browser.slice(0, browser.indexOf('&fp')), 'it has no fingerprint of the hub; copy it to its end'],
    [browser.slice(0, -1), 'its fingerprint is damaged or cut off'],
    [browser.replace(target.secret, 'short'), 'its secret is damaged or cut off'],
    [browser.replace('https://', 'https://ana:pw@'), 'the address in it has a user name'],
    [app.replace('join?', 'open?'), 'it is a wedsync:// link for something else than joining'],
    [app.replace('https%3A', 'http%3A'), 'it has no https:// address of a hub'],
    [app.replace(/url=[^&]*/, ''), 'it has no https:// address of a hub'],
    [app.slice(0, -1), 'the team in it is damaged'],
    [browser + 'x'.repeat(2_000), 'it is too long'],
  ])('%j is refused with a reason', (text, reason) => {
    expect(errorOf(parseJoinLink(text))).toEqual({ kind: 'bad-link', reason })
  })
})
