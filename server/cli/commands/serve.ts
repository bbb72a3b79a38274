/** `app`, `device` and `hub`: an install, with a window, without one, and with the door to the LAN open. */
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_QUOTA_MB, MAX_QUOTA_MB } from '../../blobs/installBlobs.ts'
import { parseCloudLink, parseJoinLink } from '../../identity/joinLink.ts'
import { nameSchema } from '../../identity/joinProtocol.ts'
import { type Install, type InstallOptions, openInstall } from '../../install/install.ts'
import type { Lan } from '../../install/lan.ts'
import { newLaunchSecret } from '../../install/loopback.ts'
import { createLog } from '../../log.ts'
import { VERSION } from '../../version.ts'
import { type Failure, print, usageError } from '../exit.ts'
import { type OptionSpecs, type ParsedOptions, portOption, urlOption } from '../options.ts'
import { recoveryFrom } from '../recoveryOption.ts'
import { untilStopped } from '../signals.ts'
import { lanFailure, startFailure } from '../startErrors.ts'

const DEFAULT_PORT = 4700
const CLOUD_WAIT_MS = 3_000

export const PAGES_DIR = fileURLToPath(new URL('../../../dist/renderer', import.meta.url))

export const installOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'where everything is kept; created if missing' },
  port: { type: 'string', value: 'N', help: `port on this computer (${DEFAULT_PORT}; with --json a free one)` },
  join: { type: 'string', value: 'LINK', help: 'join the team of this link first' },
  recover: {
    type: 'string',
    value: 'WORDS',
    help: 'bring a team back: the words of its recovery kit, or a file of them',
  },
  cloud: { type: 'string', value: 'URL', help: 'forward to this cloud' },
  'cloud-token': { type: 'string', value: 'T', help: "the cloud's enrolment token, needed once" },
  'no-discovery': { type: 'boolean', help: 'neither look for hubs on the network nor announce this one' },
  'take-over': { type: 'boolean', help: 'become the hub when the hub is gone; remembered' },
  'forget-lock': { type: 'boolean', help: "take the window's lock away: its passphrase is forgotten" },
  name: { type: 'string', value: 'NAME', help: 'your name, as the others see it' },
  'blob-quota': {
    type: 'string',
    value: 'MB',
    help: `room for photos and documents, up to ${MAX_QUOTA_MB} (${DEFAULT_QUOTA_MB})`,
  },
  'keep-backups': {
    type: 'string',
    value: 'N',
    help: 'keep the newest N backups, and one a day for N days (12); 0 makes none',
  },
  'device-name': { type: 'string', value: 'NAME', help: "this device's name, as the others see it" },
}

export const hubOptions: OptionSpecs = {
  ...installOptions,
  'lan-port': {
    type: 'string',
    value: 'N',
    help: 'port on the LAN (8443, or a free one where that is taken; with --json a free one)',
  },
  'lan-host': { type: 'string', value: 'IP', help: 'address on the LAN (the first private one)' },
}

export async function device(options: ParsedOptions): Promise<Failure | undefined> {
  return serve(options, 'local')
}

export async function hub(options: ParsedOptions): Promise<Failure | undefined> {
  return serve(options, 'hub')
}

async function serve(options: ParsedOptions, role: 'local' | 'hub'): Promise<Failure | undefined> {
  if (options.text('data') === undefined)
    return usageError('--data is missing: say in which folder to keep everything.')
  const faulty = role === 'hub' ? lanFault(options) : undefined
  if (faulty) return faulty
  return serveUntilStopped(options, async (install, isFirst) => {
    const lan = role === 'hub' ? await startLan(install, options) : undefined
    if (lan && 'message' in lan) return lan
    if (isFirst) await announce(install, lan, options)
    return undefined
  })
}

/**
 * Runs an install until this process is told to stop. One that has to be opened again is so on the same port, and the
 * window that it has goes on.
 * @param begin what is to be done with the open install; a failure ends everything
 */
export async function serveUntilStopped(
  options: ParsedOptions,
  begin: (install: Install, isFirst: boolean) => Promise<Failure | undefined>,
  more: Pick<InstallOptions, 'resumeHub'> = {},
): Promise<Failure | undefined> {
  const stopped = untilStopped().then(() => 'stopped' as const)
  const launchSecret = newLaunchSecret()
  let port: string | undefined
  let wasHub = false
  for (;;) {
    const fixed = port
    const text = (name: string) => (name === 'port' && fixed !== undefined ? fixed : options.text(name))
    const install = await openFromOptions({ ...options, text }, { ...more, launchSecret })
    if ('message' in install) return install
    const failure = await begin(install, port === undefined)
    if (!failure && wasHub) await install.startHub({})
    port = new URL(install.url).port
    const end = failure ?? (await Promise.race([stopped, install.reopen]))
    wasHub = install.lan() !== undefined
    await install.stop()
    if (failure) return failure
    if (end === 'stopped') return undefined
  }
}

/** Opens the install that the options describe. */
export async function openFromOptions(
  options: ParsedOptions,
  more: Pick<InstallOptions, 'resumeHub' | 'launchSecret'> = {},
): Promise<Install | Failure> {
  const json = options.flag('json')
  const port = portOption(options, 'port')
  if (!port.ok) return usageError(port.error)
  const cloud = urlOption(options, 'cloud')
  if (!cloud.ok) return usageError(cloud.error)
  const token = options.text('cloud-token')
  const keepBackups = options.text('keep-backups')
  const [link, personName, deviceName] = ['join', 'name', 'device-name'].map((name) => options.text(name))
  const faulty = installFault(options)
  if (faulty) return faulty
  const recover = recoveryFrom(options.text('recover'), cloud.value)
  if (!recover.ok) return usageError(recover.error)
  const opened = await openInstall({
    dataDir: options.text('data') ?? join(homedir(), '.wedsync'),
    port: port.value ?? (json ? 0 : DEFAULT_PORT),
    pagesDir: PAGES_DIR,
    log: createLog(options.flag('log-json')),
    ...(options.text('blob-quota') !== undefined && { blobQuotaMegabytes: Number(options.text('blob-quota')) }),
    ...(keepBackups !== undefined && { keepBackups: Number(keepBackups) }),
    ...(link !== undefined && { join: link }),
    ...more,
    onWaiting: tellCode,
    discovery: !options.flag('no-discovery'),
    takeOver: options.flag('take-over'),
    forgetLock: options.flag('forget-lock'),
    ...(recover.value && { recover: recover.value }),
    ...(personName !== undefined && { personName }),
    ...(deviceName !== undefined && { deviceName }),
    ...(cloud.value !== undefined && { cloud: { url: cloud.value, ...(token !== undefined && { token }) } }),
  })
  return opened.ok ? opened.value : startFailure(opened.error)
}

/** On stderr: stdout has the ready line and nothing before it. */
function tellCode(code: string): void {
  process.stderr.write(`This device waits to be let in. Compare the code with the one on the hub's screen: ${code}\n`)
}

/** Found before the folder is opened and the join link is used up. */
function lanFault(options: ParsedOptions): Failure | undefined {
  const port = portOption(options, 'lan-port')
  if (!port.ok) return usageError(port.error)
  const host = options.text('lan-host')
  if (host === undefined || isIP(host) !== 0) return undefined
  return usageError(`--lan-host takes an address like 192.168.7.2, not "${host}".`)
}

/** What is wrong with the options of an install; addresses and ports are looked at where they are read. */
export function installFault(options: ParsedOptions): Failure | undefined {
  return (
    nameFault(options) ??
    linkFault(options.text('join')) ??
    recoveryFault(options) ??
    quotaFault(options) ??
    backupsFault(options)
  )
}

function recoveryFault(options: ParsedOptions): Failure | undefined {
  const recovery = recoveryFrom(options.text('recover'), options.text('cloud'))
  return recovery.ok ? undefined : usageError(recovery.error)
}

function backupsFault(options: ParsedOptions): Failure | undefined {
  const text = options.text('keep-backups')
  if (text === undefined || /^\d{1,4}$/.test(text)) return undefined
  return usageError(`--keep-backups takes a number, not "${text}".`)
}

function nameFault(options: ParsedOptions): Failure | undefined {
  const faulty = ['name', 'device-name'].find((name) => !nameSchema.optional().safeParse(options.text(name)).success)
  return faulty === undefined ? undefined : usageError(`--${faulty} takes a name of 1 to 200 characters.`)
}

function quotaFault(options: ParsedOptions): Failure | undefined {
  const text = options.text('blob-quota')
  if (text === undefined || (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_QUOTA_MB))
    return undefined
  return usageError(`--blob-quota takes a number of megabytes from 1 to ${MAX_QUOTA_MB}, not "${text}".`)
}

/** Found before the folder is made. */
function linkFault(link: string | undefined): Failure | undefined {
  const parsed = link === undefined ? undefined : (parseCloudLink(link) ?? parseJoinLink(link))
  return parsed && !parsed.ok ? startFailure({ kind: 'join', error: parsed.error }) : undefined
}

async function startLan(install: Install, options: ParsedOptions): Promise<Lan | Failure> {
  const port = portOption(options, 'lan-port')
  if (!port.ok) return usageError(port.error)
  const host = options.text('lan-host')
  const wanted = port.value ?? (options.flag('json') ? 0 : undefined)
  const lan = await install.startHub({
    ...(wanted !== undefined && { port: wanted }),
    ...(host !== undefined && { host }),
  })
  return lan.ok ? lan.value : lanFailure(lan.error)
}

/** Says that the server is ready: one JSON line for programs, a few lines for people. */
export async function announce(install: Install, lan: Lan | undefined, options: ParsedOptions): Promise<void> {
  const { url, identity } = install
  const role = lan ? 'hub' : 'local'
  const links = await lan?.createJoin({ role: 'planner', weddings: 'all', expiresInSeconds: 86_400 })
  const cloud = await cloudState(install)
  const notice = await install.notice()
  if (options.flag('json')) {
    print(
      JSON.stringify({
        event: 'ready',
        role,
        version: VERSION,
        deviceId: identity.deviceId,
        url,
        token: identity.token,
        userId: identity.userId,
        ...(lan &&
          links && { lan: { url: lan.url, fingerprint: lan.fingerprint, join: links.join, browser: links.browser } }),
        ...(cloud && { cloud: { state: cloud } }),
        ...(notice !== undefined && { notice }),
      }),
    )
    return
  }
  print(`WedSync is ready. Open ${install.windowUrl}`)
  if (lan && links) {
    print(`Hub for this LAN at ${lan.url}`)
    print(`Let a laptop join:  wedsync device --data DIR --join '${links.join}'`)
    print(`Let a tablet join:  ${links.browser}`)
  }
  if (cloud) print(`Cloud: ${cloud}`)
  if (notice !== undefined) print(notice)
}

/** Waits a moment for the cloud, so that the ready line can say how it is; `undefined` without a cloud. */
async function cloudState({ sync }: Install): Promise<'connected' | 'offline' | undefined> {
  const until = Date.now() + CLOUD_WAIT_MS
  for (;;) {
    const cloud = (await sync.upstreams()).find(({ kind }) => kind === 'cloud')
    if (!cloud) return undefined
    if (cloud.state !== 'offline') return 'connected'
    if (cloud.problem !== undefined || Date.now() > until) return 'offline'
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
