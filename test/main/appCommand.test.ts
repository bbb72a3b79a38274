/** `wedsync app` without Electron: which one it looks for, what it says, and that it serves all the same. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entropyToMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { browserCommand, electronBinary, hasDisplay, whyNoWindow } from '../../server/cli/commands/app.ts'

const CLI = fileURLToPath(new URL('../../server/cli/preflight.js', import.meta.url))

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wedsync-app-command-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('electronBinary', () => {
  function downloaded(): string {
    mkdirSync(join(dir, 'dist'))
    writeFileSync(join(dir, 'path.txt'), 'electron')
    writeFileSync(join(dir, 'dist/electron'), '')
    return join(dir, 'dist/electron')
  }

  it('is where the download has put it', () => {
    expect(electronBinary(dir, {})).toBeUndefined()
    const binary = downloaded()
    expect(electronBinary(dir, {})).toBe(binary)
  })

  it('is not there after half a download', () => {
    writeFileSync(join(dir, 'path.txt'), 'electron')
    expect(electronBinary(dir, {})).toBeUndefined()
    downloaded()
    rmSync(join(dir, 'path.txt'))
    expect(electronBinary(dir, {})).toBeUndefined()
  })

  it('is elsewhere if the environment says so', () => {
    downloaded()
    const elsewhere = join(dir, 'elsewhere')
    expect(electronBinary(dir, { ELECTRON_OVERRIDE_DIST_PATH: elsewhere })).toBeUndefined()
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'electron'), '')
    expect(electronBinary(dir, { ELECTRON_OVERRIDE_DIST_PATH: elsewhere })).toBe(join(elsewhere, 'electron'))
  })
})

it('knows where a window can be', () => {
  expect(hasDisplay('darwin', {})).toBe(true)
  expect(hasDisplay('win32', {})).toBe(true)
  expect(hasDisplay('linux', {})).toBe(false)
  expect(hasDisplay('linux', { DISPLAY: '' })).toBe(false)
  expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true)
  expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true)
})

it('says why in one line', () => {
  const lines = [
    whyNoWindow({ kind: 'no-display' }),
    whyNoWindow({ kind: 'not-downloaded' }),
    whyNoWindow({ kind: 'not-built' }),
    whyNoWindow({ kind: 'did-not-start', detail: 'exit code 127' }),
  ]
  expect(lines[0]).toContain('there is no display')
  expect(lines[1]).toContain('Electron could not be downloaded')
  expect(lines[3]).toContain('exit code 127')
  expect(lines.every((line) => !line.includes('\n'))).toBe(true)
})

it('opens the browser as the system does', () => {
  const url = 'http://127.0.0.1:4700/#launch=s'
  expect(browserCommand('linux', url)).toEqual(['xdg-open', url])
  expect(browserCommand('darwin', url)).toEqual(['open', url])
  expect(browserCommand('win32', url)).toEqual(['cmd', '/c', 'start', '', url])
})

describe.skipIf(process.platform === 'win32')('app', () => {
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGKILL'))

  /** Runs `app` until it names its address, checks that it answers there, and stops it. */
  async function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    const running = spawn(process.execPath, [CLI, 'app', '--data', join(dir, 'data'), ...args], {
      env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = running
    const ended = new Promise<number | null>((resolve) => running.once('close', resolve))
    let output = ''
    const address = await new Promise<string>((resolve, reject) => {
      running.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const [, found] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(output) ?? []
        if (found !== undefined) resolve(found)
      })
      ended.then((code) => reject(new Error(`ended with ${code} after: ${output}`)))
    })
    expect((await fetch(`${address}/api/offline/health`)).status).toBe(200)
    running.kill('SIGTERM')
    expect(await ended).toBe(0)
    return output
  }

  it('serves without a display, and names the address', async () => {
    const [why, ready] = (await run(['--port', '0'], {})).split('\n')
    expect(why).toBe(whyNoWindow({ kind: 'no-display' }))
    expect(ready).toMatch(/^WedSync is ready\. Open http:\/\/127\.0\.0\.1:\d+\/#launch=/)
  })

  it('prints the ready line alone with --json', async () => {
    const lines = (await run(['--json'], {})).trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'ready', role: 'local' })
  })

  it('turns to the browser when Electron cannot run here', async () => {
    const script = (name: string, text: string) =>
      writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    script('electron', 'exit 127')
    script('xdg-open', `printf %s "$1" > '${dir}/opened'`)
    const output = await run(['--port', '0'], {
      DISPLAY: ':none',
      ELECTRON_OVERRIDE_DIST_PATH: dir,
      PATH: `${dir}:${process.env.PATH}`,
    })
    expect(output).toContain(whyNoWindow({ kind: 'did-not-start', detail: 'exit code 127' }))
  })

  it('hands its options to Electron as variables, and ends as it does', async () => {
    const electron = `#!/bin/sh\nprintf '%s|' "$WEDSYNC_DATA" "$ELECTRON_RUN_AS_NODE" "$WEDSYNC_FORGET_LOCK" "$WEDSYNC_NO_DISCOVERY" "$WEDSYNC_RECOVER" > '${dir}/seen'\nexit 70\n`
    writeFileSync(join(dir, 'electron'), electron, { mode: 0o755 })
    const words = join(dir, 'kit.txt')
    writeFileSync(words, entropyToMnemonic(new Uint8Array(32), wordlist))
    const kit = ['--recover', relative('.', words), '--cloud', 'https://cloud.example']
    const running = run(['--forget-lock', '--no-discovery', ...kit], {
      DISPLAY: ':none',
      ELECTRON_OVERRIDE_DIST_PATH: dir,
      ELECTRON_RUN_AS_NODE: '1',
    })
    await expect(running).rejects.toThrow('ended with 1 after: ')
    expect(readFileSync(join(dir, 'seen'), 'utf8')).toBe(`${join(dir, 'data')}||1|1|${words}|`)
  })
})
