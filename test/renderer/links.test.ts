import { expect, it } from 'vitest'
import { linksAt } from '../../renderer/src/devices/links.ts'
import { formatJoinLink, parseJoinLink } from '../../server/identity/joinLink.ts'

it('follow the hub to another address and port, with everything else that they say', () => {
  const invitation = {
    fingerprint: `sha256:${'a-b_c'.repeat(8)}xyz`,
    secret: 's'.repeat(43),
    team: '0b8f9a52-4d0e-4c6b-9a37-2f6d1c0e7b11',
  }
  const at = (url: string) => {
    const { app, browser } = formatJoinLink({ ...invitation, url })
    return { link: browser, appLink: app }
  }
  const moved = linksAt(at('https://127.0.0.1:8443'), 'https://192.168.7.2:9443')
  const wanted = at('https://192.168.7.2:9443')
  expect(moved.link).toBe(wanted.link)
  expect(parseJoinLink(moved.appLink)).toEqual(parseJoinLink(wanted.appLink))
  expect(linksAt(moved, 'https://127.0.0.1:8443').link).toBe(at('https://127.0.0.1:8443').link)
})
