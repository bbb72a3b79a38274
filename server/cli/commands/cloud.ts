/** `cloud`: the backend for many teams, on PostgreSQL. */
import { mkdirSync } from 'node:fs'
import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { err, ok, type Result } from '../../../model/result.ts'
import { asError } from '../../changes/postgresConnection.ts'
import { type Cloud, openCloud } from '../../cloud/cloud.ts'
import { describeDataDirError } from '../../identity/dataDir.ts'
import { readHolder, removeHolder, writeHolder } from '../../identity/holder.ts'
import { acquireLock } from '../../identity/lock.ts'
import { createLog } from '../../log.ts'
import { VERSION } from '../../version.ts'
import { EXIT, type Failure, failed, print, usageError } from '../exit.ts'
import { type OptionSpecs, type ParsedOptions, portOption } from '../options.ts'
import { untilStopped } from '../signals.ts'
import { listenFailure } from '../startErrors.ts'

const DEFAULT_PORT = 4700

export const cloudOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'folder of the embedded PostgreSQL' },
  'database-url': { type: 'string', value: 'URL', help: 'use this PostgreSQL server (also DATABASE_URL)' },
  port: { type: 'string', value: 'N', help: `port (${DEFAULT_PORT}; with --json a free one)` },
  host: { type: 'string', value: 'IP', help: 'address to listen on (127.0.0.1)' },
  'trust-proxy': {
    type: 'string',
    value: 'LIST',
    help: 'proxies in front of it, as 10.0.0.5,192.168.0.0/16 or loopback: their X-Forwarded-For is believed (none)',
  },
  restored: { type: 'boolean', help: 'once, after all files of the database server were put back from a copy' },
}

export async function cloud(options: ParsedOptions): Promise<Failure | undefined> {
  const port = portOption(options, 'port')
  if (!port.ok) return usageError(port.error)
  const databaseUrl = options.text('database-url') ?? process.env.DATABASE_URL
  if (databaseUrl !== undefined && !/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? '')) {
    // Not quoted: there may be a password in it.
    return usageError('--database-url takes an address that begins with postgres://.')
  }
  const trustedProxies = proxiesOf(options.text('trust-proxy') ?? '')
  if (!trustedProxies.ok) return usageError(trustedProxies.error)
  const start = {
    trustedProxies: trustedProxies.value,
    port: port.value ?? (options.flag('json') ? 0 : DEFAULT_PORT),
    host: options.text('host') ?? '127.0.0.1',
    log: createLog(options.flag('log-json')),
    isSetBack: options.flag('restored'),
  }
  if (databaseUrl !== undefined) return run({ ...start, databaseUrl }, options)
  const dir = resolve(options.text('data') ?? join(homedir(), '.wedsync-cloud'))
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    return failed(describeDataDirError({ kind: 'not-writable', dir, detail: asError(cause).message }))
  }
  const lock = acquireLock(join(dir, 'lock'))
  const holderFile = join(dir, 'holder.json')
  if (!lock.ok) {
    if (lock.error.kind === 'failed')
      return failed(describeDataDirError({ kind: 'not-writable', dir, detail: lock.error.detail }))
    const holder = readHolder(holderFile)
    return {
      code: EXIT.inUse,
      message: `${dir} is in use by ${holder ? `process ${holder.pid} since ${holder.startedAt}` : 'another process'}: stop that first, or choose another folder.`,
    }
  }
  writeHolder(holderFile, { pid: process.pid, startedAt: new Date().toISOString(), role: 'cloud' })
  try {
    return await run({ ...start, dataDir: join(dir, 'postgres') }, options)
  } finally {
    removeHolder(holderFile)
    lock.value.release()
  }
}

const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

function proxiesOf(list: string): Result<readonly string[], string> {
  const proxies = list.split(',').flatMap((each) => each.trim() || [])
  const wrong = proxies.find((each) => !NAMED_NETWORKS.includes(each) && !isNetwork(each))
  if (wrong === undefined) return ok(proxies)
  return err(`--trust-proxy takes addresses, networks as 10.0.0.0/8, and ${NAMED_NETWORKS.join(', ')}, not "${wrong}".`)
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

async function run(start: Parameters<typeof openCloud>[0], options: ParsedOptions): Promise<Failure | undefined> {
  const stopped = untilStopped()
  const opened = await openCloud(start).catch(databaseFailure)
  if ('message' in opened) return opened
  if (!opened.ok) return listenFailure(opened.error, '--port', '--host')
  announce(opened.value, options)
  await stopped
  await opened.value.stop()
  return undefined
}

function databaseFailure(cause: unknown): Failure {
  // Several addresses of one name that all failed come as one error without a message.
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given'
  const reason = (cause instanceof Error && cause.message) || code
  return failed(
    `The database of the cloud cannot be opened (${reason}). Check --database-url, or the folder of --data.`,
  )
}

function announce({ url, enrolToken }: Cloud, options: ParsedOptions): void {
  if (options.flag('json')) {
    print(JSON.stringify({ event: 'ready', role: 'cloud', version: VERSION, url, enrol: enrolToken }))
    return
  }
  print(`WedSync cloud is ready at ${url}`)
  print(`Enrol a team with:  wedsync hub --data DIR --cloud ${url} --cloud-token ${enrolToken}`)
}
