import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { databaseKey, describeDatabaseKeyError } from '../../main/databaseKey.ts'
import { type StandInOptions, standInKeyStore } from '../support/electronStandInKeyStore.ts'

let dataDir = ''
let userData = ''
let sealedFile = ''

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'wedsync-key-'))
  userData = join(dataDir, 'window')
  sealedFile = join(userData, 'key.safe')
  mkdirSync(userData)
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

function ask(store: Partial<StandInOptions> = {}, platform: NodeJS.Platform = 'linux') {
  return databaseKey({ keyStore: standInKeyStore({ secret: 'mine', ...store }), platform, dataDir, userData })
}

describe('databaseKey', () => {
  it('makes a key once and gives it back ever after', async () => {
    const first = await ask()
    expect(first).toMatchObject({ ok: true, value: { kind: 'key-store' } })
    expect(await ask()).toEqual(first)
    const hex = first.ok && first.value.kind === 'key-store' ? first.value.hex : ''
    expect(hex).toMatch(/^[0-9a-f]{64}$/)
    expect(readFileSync(sealedFile).includes(hex)).toBe(false)
    expect(existsSync(join(dataDir, 'key'))).toBe(false)
    expect(readdirSync(userData)).toEqual(['key.safe'])
    if (process.platform !== 'win32') expect(statSync(sealedFile).mode & 0o077).toBe(0)
  })

  it('leaves an install to its key file', async () => {
    writeFileSync(join(dataDir, 'key'), 'ab'.repeat(32))
    expect(await ask()).toEqual({ ok: true, value: { kind: 'key-file', reason: 'already-there' } })
    expect(existsSync(sealedFile)).toBe(false)
  })

  it.each([
    ['there is no key store', { isAvailable: false }, 'darwin'],
    ['Linux has no keyring', { backend: 'basic_text' }, 'linux'],
  ] as const)('falls back to the key file when %s', async (_when, store, platform) => {
    expect(await ask(store, platform)).toEqual({ ok: true, value: { kind: 'key-file', reason: 'no-key-store' } })
    expect(existsSync(sealedFile)).toBe(false)
  })

  it('makes no new key for a database that has lost its own', async () => {
    writeFileSync(join(dataDir, 'wedsync.db'), 'encrypted')
    expect(await ask()).toEqual({ ok: true, value: { kind: 'key-file', reason: 'database-without-key' } })
    expect(existsSync(sealedFile)).toBe(false)
  })

  it.each([
    ['is locked', { isAvailable: false }],
    ['is of another person', { secret: 'somebody else' }],
  ])('says so when the key store that has the key %s, and changes nothing', async (_what, store) => {
    await ask()
    const before = readFileSync(sealedFile)
    const answer = await ask(store)
    expect(answer).toMatchObject({ ok: false, error: { kind: 'key-store-closed' } })
    expect(answer.ok ? '' : describeDatabaseKeyError(answer.error)).toMatch(/^The key .* Nothing was changed\.$/)
    expect(readFileSync(sealedFile)).toEqual(before)
    expect(existsSync(join(dataDir, 'key'))).toBe(false)
  })

  it('does not take something else for a key', async () => {
    writeFileSync(sealedFile, await standInKeyStore({ secret: 'mine' }).encryptStringAsync('not a key'))
    const answer = await ask()
    expect(answer).toMatchObject({ ok: false, error: { kind: 'not-a-key' } })
    expect(answer.ok ? '' : describeDatabaseKeyError(answer.error)).toContain(sealedFile)
  })

  it('encrypts the same key anew when the key store wants that', async () => {
    const first = await ask()
    const before = readFileSync(sealedFile)
    expect(await ask({ shouldReEncrypt: true })).toEqual(first)
    expect(readFileSync(sealedFile)).not.toEqual(before)
    expect(await ask()).toEqual(first)
  })
})
