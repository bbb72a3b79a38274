/** The packager's configuration, judged by the packager; and what it puts into a package, on a stub for Electron. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getConfig, validateConfiguration } from 'app-builder-lib/out/util/config/config.js'
import { DebugLogger } from 'builder-util'
import { describe, expect, it, onTestFinished } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { resolve } = createRequire(import.meta.url)
const logger = new DebugLogger(false)

describe('electron-builder.yml', () => {
  it('is what electron-builder understands', async () => {
    const configuration = await getConfig(ROOT, 'electron-builder.yml', null)
    await expect(validateConfiguration(configuration, logger)).resolves.toBeUndefined()
    expect(configuration).toMatchObject({ appId: 'app.wedsync.hub', npmRebuild: false, publish: null })
  })

  it('would be told of a misspelt key', async () => {
    const configuration = { ...(await getConfig(ROOT, 'electron-builder.yml', null)), asarUnpak: [] }
    await expect(validateConfiguration(configuration, logger)).rejects.toThrow('asarUnpak')
  })
})

/** Runs a program of a package with this Node, and returns what it printed. */
function runProgram(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}${stderr}`)
  return stdout
}

it.skipIf(process.platform !== 'linux')('a package has the bundles and the database driver, and no sources', () => {
  const project = mkdtempSync(join(tmpdir(), 'wedsync-package-'))
  onTestFinished(() => rmSync(project, { recursive: true, force: true }))
  const put = (file: string, mode?: number) => {
    mkdirSync(dirname(join(project, file)), { recursive: true })
    writeFileSync(join(project, file), '#!/bin/sh\n', { ...(mode !== undefined && { mode }) })
  }
  const packaged = [
    'dist/main/main.js',
    'dist/preload/preload.cjs',
    'dist/renderer/index.html',
    'dist/renderer/assets/index.js',
    'dist/server/electron.js',
  ]
  const left = ['main/main.ts', 'server/electron.ts', 'docs/notes.md', 'README.md', '.ci/run', 'dist/packages/old.js']
  for (const file of [...packaged, ...left]) put(file)
  put('electron/electron', 0o755)
  put('electron/version')
  put('electron/LICENSE')
  for (const file of ['package.json', 'electron-builder.yml']) copyFileSync(join(ROOT, file), join(project, file))
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))

  const stub = `-c.electronDist=${join(project, 'electron')}`
  const options = ['--dir', '--linux', '--x64', stub, '--publish', 'never', '--projectDir', project]
  runProgram(resolve('electron-builder/cli.js'), options)
  const archive = join(project, 'dist/packages/linux-unpacked/resources/app.asar')
  const listed = runProgram(join(dirname(resolve('@electron/asar/package.json')), 'bin/asar.js'), ['list', archive])
  const files = listed.split('\n').filter((line) => /\.\w+$/.test(line))

  const DRIVER = '/node_modules/better-sqlite3-multiple-ciphers/'
  expect(files.filter((file) => !file.startsWith(DRIVER)).sort()).toEqual(
    [...packaged, 'package.json'].map((file) => `/${file}`).sort(),
  )
  const driver = files.filter((file) => file.startsWith(DRIVER)).map((file) => file.slice(DRIVER.length))
  expect(driver).toEqual(expect.arrayContaining(['package.json', 'lib/index.js', 'prebuilds/linux-x64.node']))
  expect(driver.filter((file) => /^(deps|src)\/|win32-\w+\.node|darwin-\w+\.node/.test(file))).toEqual([])
})
