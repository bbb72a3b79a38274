import { describe, expect, it } from 'vitest'
import { externalLink, isOwnMainFrame, isOwnPage } from '../../main/addresses.ts'

const OWN = 'http://127.0.0.1:41234/#launch=secret'

describe('isOwnPage', () => {
  it('is the page of this launch, whatever its fragment', () => {
    expect(isOwnPage(OWN, OWN)).toBe(true)
    expect(isOwnPage('http://127.0.0.1:41234/', OWN)).toBe(true)
    expect(isOwnPage('http://127.0.0.1:41234/#/timeline', OWN)).toBe(true)
  })

  it.each([
    'http://127.0.0.1:41235/',
    'https://127.0.0.1:41234/',
    'http://localhost:41234/',
    'http://127.0.0.1:41234/api/offline/health',
    'http://127.0.0.1:41234@evil.example/',
    'file:///etc/passwd',
    'data:text/html,hello',
    'javascript:alert(1)',
    'about:blank',
    '',
  ])('is not %s', (address) => {
    expect(isOwnPage(address, OWN)).toBe(false)
  })

  it('is nothing before the first page', () => {
    expect(isOwnPage('', '')).toBe(false)
    expect(isOwnPage('file:///a', 'file:///a')).toBe(false)
  })
})

describe('externalLink', () => {
  it('passes https on', () => {
    expect(externalLink('https://example.org/venue?map=1#parking')).toBe('https://example.org/venue?map=1#parking')
  })

  it.each([
    'http://example.org/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-msdt:/id',
    'wedsync://join?secret=x',
    'https://bank.example@evil.example/',
    'https://:password@evil.example/',
    'not an address',
    `https://example.org/${'a'.repeat(3_000)}`,
  ])('refuses %s', (address) => {
    expect(externalLink(address)).toBeUndefined()
  })
})

describe('isOwnMainFrame', () => {
  it('is our page at the top of the window', () => {
    expect(isOwnMainFrame({ url: OWN, parent: null }, OWN)).toBe(true)
  })

  it('is not a frame inside, another page, or a frame that is gone', () => {
    expect(isOwnMainFrame({ url: OWN, parent: {} }, OWN)).toBe(false)
    expect(isOwnMainFrame({ url: 'https://evil.example/', parent: null }, OWN)).toBe(false)
    expect(isOwnMainFrame({ url: 'chrome-error://chromewebdata/', parent: null }, OWN)).toBe(false)
    expect(isOwnMainFrame(null, OWN)).toBe(false)
  })
})
