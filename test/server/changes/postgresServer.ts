/** A PostgreSQL server of our own for the tests: temporary folder, port of its own, gone at the end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { err, ok, type Result } from '../../../model/result.ts'

export interface PostgresProgram {
  readonly folder: string
  /** PostgreSQL refuses to run as root. */
  readonly as?: { readonly uid: number; readonly gid: number }
}

export interface PostgresServer {
  /** Creates a database, empty or a copy of the one at an address that nobody is connected to, and returns its address. */
  createDatabase(from?: string): Promise<string>
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
/** `nobody` on Debian and most others; PostgreSQL needs no entry for it, only that it is not root. */
const NOBODY = { uid: 65_534, gid: 65_534 }
const USER = 'wedsync'

/** Looks for PostgreSQL where Debian puts it and on the path, and checks that it can be run. Else, the reason why not. */
export function findPostgres(): Result<PostgresProgram, string> {
  const folder = candidates().find((each) => existsSync(join(each, 'initdb')) && existsSync(join(each, 'postgres')))
  if (folder === undefined) return err('PostgreSQL is not installed')
  const as = process.getuid?.() === 0 ? NOBODY : undefined
  const { status, error, stderr } = spawnSync(join(folder, 'postgres'), ['--version'], { ...as, encoding: 'utf8' })
  if (status !== 0) return err(`PostgreSQL in ${folder} cannot be run: ${error?.message ?? stderr}`)
  return ok({ folder, ...(as && { as }) })
}

function candidates(): string[] {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...versions.map((version) => join(debian, version, 'bin')), ...path]
}

export interface PostgresSettings {
  /** Whether a commit is on the disk, as in earnest; tests have no use for that. */
  readonly durable?: boolean
}

/** @throws with what the server said, if it does not start */
export async function startPostgres(
  { folder, as }: PostgresProgram,
  { durable = false }: PostgresSettings = {},
): Promise<PostgresServer> {
  const root = mkdtempSync(join(tmpdir(), 'wedsync-postgres-'))
  if (as) chownSync(root, as.uid, as.gid)
  const data = join(root, 'data')
  const initdb = [
    '--pgdata',
    data,
    '--username',
    USER,
    '--auth',
    'trust',
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--no-sync',
  ]
  const made = spawnSync(join(folder, 'initdb'), initdb, { ...as, cwd: root, encoding: 'utf8' })
  if (made.status !== 0) {
    rmSync(root, { recursive: true, force: true })
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`)
  }
  const port = await freePort()
  const fsync = `fsync=${durable ? 'on' : 'off'}`
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', fsync]
  const server = spawn(join(folder, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...as,
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const kill = () => server.kill('SIGQUIT')
  // Should the tests end without their last hook.
  process.once('exit', kill)
  const address = (database: string) => `postgres://${USER}@127.0.0.1:${port}/${database}`
  async function stop(): Promise<void> {
    process.off('exit', kill)
    await ended(server)
    rmSync(root, { recursive: true, force: true })
  }
  try {
    await ready(server, () => said)
  } catch (error) {
    await stop()
    throw error
  }
  let databases = 0
  return {
    async createDatabase(from) {
      databases += 1
      const name = `test_${databases}`
      await run(
        address('postgres'),
        `CREATE DATABASE ${name}${from === undefined ? '' : ` TEMPLATE ${new URL(from).pathname.slice(1)}`}`,
      )
      return address(name)
    },
    stop,
  }
}

/** Runs one statement on a connection of its own. */
export async function run(databaseUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function ready(server: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!said().includes('ready to accept connections')) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`PostgreSQL did not start:\n${said()}`)
    await sleep(20)
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exit = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  // Fast shutdown: ends connections that are still open.
  server.kill('SIGINT')
  await exit
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
