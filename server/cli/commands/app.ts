/**
 * `app`: the local server and its window. Electron's where it can run; else a window of the browser on this computer;
 * else the address. Whatever is missing costs one line and not the app.
 */
import { type SpawnOptions, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unreachable } from '../../../model/result.ts'
import type { Install } from '../../install/install.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import { type OptionSpecs, type ParsedOptions, portOption, urlOption } from '../options.ts'
import { announce, installFault, installOptions, serveUntilStopped } from './serve.ts'

type Environment = Readonly<Record<string, string | undefined>>

export const appOptions: OptionSpecs = {
  ...installOptions,
  data: { type: 'string', value: 'DIR', help: 'where everything is kept (~/.wedsync); created if missing' },
  port: { type: 'string', value: 'N', help: 'port on this computer (Electron, --json: a free one; browser: 4700)' },
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const ELECTRON_PACKAGE = join(ROOT, 'node_modules/electron')
const DOWNLOAD_WITHIN_MS = 60_000
/** Electron that ends this soon, and not by its own wish, cannot run here: libraries or a sandbox are missing. */
const STARTED_AFTER_MS = 10_000
const MUST_END_MS = 4_800
/** How the app's window ends when it has told the person why (main/main.ts). */
const EXIT_TOLD = 70

export async function app(options: ParsedOptions): Promise<Failure | undefined> {
  if (options.flag('json')) return serveHere(options)
  const faulty = [portOption(options, 'port'), urlOption(options, 'cloud')].find(({ ok }) => !ok)
  if (faulty && !faulty.ok) return usageError(faulty.error)
  const fault = installFault(options)
  if (fault) return fault
  const outcome = await openElectron(options)
  switch (outcome.kind) {
    case 'ended':
      return outcome.failure
    case 'no-window':
      print(whyNoWindow(outcome.reason))
      return serveHere(options, outcome.reason.kind === 'no-display' ? undefined : openBrowser)
    default:
      return unreachable(outcome)
  }
}

export type NoWindow =
  | { readonly kind: 'no-display' }
  | { readonly kind: 'not-downloaded' }
  | { readonly kind: 'not-built' }
  | { readonly kind: 'did-not-start'; readonly detail: string }

/** One line for a person. */
export function whyNoWindow(reason: NoWindow): string {
  switch (reason.kind) {
    case 'no-display':
      return 'No window: there is no display. Open the address below in a browser on this computer.'
    case 'not-downloaded':
      return 'No Electron window: Electron could not be downloaded. WedSync opens in your browser instead.'
    case 'not-built':
      return 'No Electron window: its program could not be built (see above). WedSync opens in your browser instead.'
    case 'did-not-start':
      return `No Electron window: Electron did not start (${reason.detail}). WedSync opens in your browser instead.`
    default:
      return unreachable(reason)
  }
}

export function hasDisplay(platform: NodeJS.Platform, environment: Environment): boolean {
  if (platform === 'darwin' || platform === 'win32') return true
  return Boolean(environment.DISPLAY) || Boolean(environment.WAYLAND_DISPLAY)
}

/**
 * Finds Electron's program as its own `index.js` does, but without loading that, which would begin a download.
 * @param packageDir `node_modules/electron`
 */
export function electronBinary(packageDir: string, environment: Environment): string | undefined {
  const pathFile = join(packageDir, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : undefined
  const elsewhere = environment.ELECTRON_OVERRIDE_DIST_PATH
  const file = elsewhere ? join(elsewhere, name ?? 'electron') : name && join(packageDir, 'dist', name)
  return file && existsSync(file) ? file : undefined
}

/** The program and its arguments that open an address in the person's browser. */
export function browserCommand(platform: NodeJS.Platform, url: string): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open', url]
  if (platform === 'win32') return ['cmd', '/c', 'start', '', url]
  return ['xdg-open', url]
}

/** This process is the server, until it is told to stop. */
async function serveHere(options: ParsedOptions, show?: (windowUrl: string) => void): Promise<Failure | undefined> {
  const begin = async (install: Install, isFirst: boolean) => {
    if (!isFirst) return undefined
    await announce(install, install.lan(), options)
    show?.(install.windowUrl)
    return undefined
  }
  return serveUntilStopped(options, begin, { resumeHub: true })
}

function openBrowser(url: string): void {
  const [command, ...args] = browserCommand(process.platform, url)
  const browser = spawn(command, args, { detached: true, stdio: 'ignore' })
  browser.once('error', () => print('No browser could be opened from here: please open the address above yourself.'))
  browser.unref()
}

type ElectronOutcome =
  | { readonly kind: 'ended'; readonly failure: Failure | undefined }
  | { readonly kind: 'no-window'; readonly reason: NoWindow }

async function openElectron(options: ParsedOptions): Promise<ElectronOutcome> {
  if (!hasDisplay(process.platform, process.env)) return noWindow({ kind: 'no-display' })
  if (!electronBinary(ELECTRON_PACKAGE, process.env)) {
    process.stderr.write('Electron is not here yet: downloading it, for a minute at most.\n')
    const installer = join(ELECTRON_PACKAGE, 'install.js')
    // Its own words are a stack trace; the line that follows says the same.
    const download = await runChild(process.execPath, [installer], { stdio: 'ignore', timeout: DOWNLOAD_WITHIN_MS })
    if (download.wasStopped) return { kind: 'ended', failure: undefined }
  }
  const binary = electronBinary(ELECTRON_PACKAGE, process.env)
  if (!binary) return noWindow({ kind: 'not-downloaded' })
  const builds = await Promise.all(['main', 'preload', 'server'].map(build))
  if (builds.some(({ wasStopped }) => wasStopped)) return { kind: 'ended', failure: undefined }
  if (builds.some(({ how }) => how !== undefined)) return noWindow({ kind: 'not-built' })

  const startedMs = performance.now()
  const { how, code, wasStopped } = await runChild(binary, [ROOT], {
    stdio: 'inherit',
    env: windowEnvironment(options),
  })
  if (how === undefined || wasStopped) return { kind: 'ended', failure: undefined }
  if (code === EXIT_TOLD) return { kind: 'ended', failure: failed('The app could not go on; the reason stands above.') }
  if (performance.now() - startedMs < STARTED_AFTER_MS) return noWindow({ kind: 'did-not-start', detail: how })
  return { kind: 'ended', failure: failed(`The window ended unexpectedly (${how}). What you saved is safe.`) }
}

function noWindow(reason: NoWindow): ElectronOutcome {
  return { kind: 'no-window', reason }
}

/** Each time: a window that runs yesterday's program after an update would puzzle everybody. Takes about a second. */
function build(part: string): Promise<Ended> {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '-c', join(ROOT, part, 'vite.config.ts'), '--logLevel', 'error']
  return runChild(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Options travel as variables: others on this computer can read the arguments of a process, but not these. */
function windowEnvironment(options: ParsedOptions): NodeJS.ProcessEnv {
  const environment = { ...process.env }
  for (const name of Object.keys(appOptions)) {
    const value = options.text(name) ?? (options.flag(name) ? '1' : undefined)
    if (value === undefined) continue
    // The window's process has another working folder.
    const isPath = name === 'data' || (name === 'recover' && existsSync(value))
    environment[`WEDSYNC_${name.toUpperCase().replaceAll('-', '_')}`] = isPath ? resolve(value) : value
  }
  // Set in the terminals of editors that are Electron apps themselves; it would make ours a plain Node.
  delete environment.ELECTRON_RUN_AS_NODE
  return environment
}

interface Ended {
  /** What went wrong; `undefined` if nothing did. */
  readonly how: string | undefined
  readonly code: number | null
  /** This process was told to stop, and passed that on. */
  readonly wasStopped: boolean
}

async function runChild(command: string, args: readonly string[], options: SpawnOptions): Promise<Ended> {
  const child = spawn(command, args, { ...options, cwd: ROOT })
  let wasStopped = false
  let cut: NodeJS.Timeout | undefined
  const stop = () => {
    wasStopped = true
    child.kill('SIGTERM')
    cut ??= setTimeout(() => child.kill('SIGKILL'), MUST_END_MS)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await new Promise<Ended>((resolve) => {
      child.once('error', (cause) => resolve({ how: cause.message, code: null, wasStopped }))
      child.once('exit', (code, signal) => {
        resolve({ how: code === 0 ? undefined : (signal ?? `exit code ${code}`), code, wasStopped })
      })
    })
  } finally {
    clearTimeout(cut)
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
