/** The bundles of main, preload and server as they are packaged, run by Node with a stand-in for the module `electron`. */
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { z } from 'zod'
import type { StandInCommand } from './electronStandInModule.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HOOKS = fileURLToPath(new URL('electronStandInHooks.ts', import.meta.url))
const WAIT_MS = 60_000

const said = z.looseObject({ event: z.string() })
type Said = z.infer<typeof said>

/** Builds them into a new folder, beside the pages if these are built. The caller removes it. */
export async function buildApp(): Promise<string> {
  // Below the repository, so that the bundles find the packages that stay packages.
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true })
  const bundles = mkdtempSync(join(ROOT, 'node_modules/.cache/wedsync-app-'))
  for (const part of ['main', 'preload', 'server']) {
    const configFile = join(ROOT, part, 'vite.config.ts')
    await build({ configFile, logLevel: 'error', build: { outDir: join(bundles, part) } })
  }
  const pages = join(ROOT, 'dist/renderer')
  if (existsSync(pages)) symlinkSync(pages, join(bundles, 'renderer'), 'junction')
  return bundles
}

export interface StandInApp {
  readonly process: ChildProcess
  readonly exited: Promise<number | null>
  readonly events: readonly Said[]
  stderr(): string
  order(command: StandInCommand): void
  /** The next such event that this was not called for yet. */
  next(event: string): Promise<Said>
  /** The address that the window is told to load next. */
  nextPage(): Promise<string>
  /** Everything that it says from now on. */
  follow(listener: (event: Said) => void): void
}

/** @param bundles as `buildApp` made them */
export function startStandInApp(
  bundles: string,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): StandInApp {
  const child = fork(join(bundles, 'main/main.js'), [], {
    execArgv: ['--import', HOOKS],
    env: { ...process.env, WEDSYNC_DATA: dataDir, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const events: Said[] = []
  const taken = new Set<Said>()
  let stderr = ''
  child.on('message', (message) => events.push(said.parse(message)))
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  async function next(event: string): Promise<Said> {
    const until = Date.now() + WAIT_MS
    for (;;) {
      const found = events.find((candidate) => candidate.event === event && !taken.has(candidate))
      if (found) {
        taken.add(found)
        return found
      }
      if (Date.now() > until) throw new Error(`no "${event}"; there was ${JSON.stringify(events)}\n${stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    process: child,
    exited,
    events,
    stderr: () => stderr,
    order: (command) => void child.send(command),
    next,
    nextPage: async () => z.string().parse((await next('load')).url),
    follow: (listener) => child.on('message', (message) => listener(said.parse(message))),
  }
}
