/** A real Chromium for tests, without anything to install: the system's, else the one inside an npm package. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright'

export const CHROMIUM_FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface ChromiumOptions {
  readonly args?: readonly string[]
  /** Where it looks for what a person has set up, such as authorities that they trust. */
  readonly home?: string
  /** Runs in place of Chromium, and starts it: its path is in `CHROMIUM_PATH`. */
  readonly wrapper?: string
}

export async function launchChromium({ args = [], home, wrapper }: ChromiumOptions = {}): Promise<Browser> {
  const path = await findChromium()
  return chromium.launch({
    executablePath: wrapper ?? path,
    args: [...CHROMIUM_FLAGS, ...args],
    env: { ...process.env, CHROMIUM_PATH: path, ...(home !== undefined && { HOME: home }) },
  })
}

/** `CHROMIUM_PATH`, then Debian's, then the package's (Linux on x64). */
export async function findChromium(): Promise<string> {
  const known = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path))
  if (known) return known
  // The package unpacks the libraries that it needs only if it believes to run there.
  process.env.AWS_EXECUTION_ENV ??= 'AWS_Lambda_nodejs22.x'
  const { default: packaged } = await import('@sparticuz/chromium')
  return packaged.executablePath()
}
