import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import {
  type DataDir,
  type DataDirOptions,
  describeDataDirError,
  openDataDir,
} from '../../../server/identity/dataDir.ts'
import { errorOf, okValue, temporaryFolder } from './support.ts'

const childReport = z.object({
  opened: z.boolean(),
  key: z.string().optional(),
  error: z.unknown().optional(),
  says: z.string().optional(),
})

/** Opens the folder in another process and waits for its report. */
async function openElsewhere(dir: string): Promise<{ child: ChildProcess; report: z.infer<typeof childReport> }> {
  const script = fileURLToPath(new URL('holdDataDir.ts', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', script, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the child ended with ${code} and no report`)))
  })
  return { child, report: childReport.parse(JSON.parse(line)) }
}

async function killHard(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

function open(dir: string, options?: DataDirOptions): DataDir {
  const dataDir = okValue(openDataDir(dir, options))
  onTestFinished(() => dataDir.close())
  return dataDir
}

/** Names, contents, modes and times of everything in the folder. The lock is empty, and reading it here would drop it. */
function snapshot(dir: string): unknown {
  return readdirSync(dir)
    .sort()
    .map((name) => {
      const file = join(dir, name)
      const { mode, mtimeMs, ino, size } = statSync(file)
      return { name, mode, mtimeMs, ino, content: name === 'lock' ? size : readFileSync(file, 'hex') }
    })
}

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

describe('a data folder', () => {
  it('is created, with a key, for its owner only', () => {
    const dir = join(temporaryFolder(), 'deep', 'data')
    const { path, databaseFile, key } = open(dir)
    expect(path).toBe(dir)
    expect(databaseFile).toBe(join(dir, 'wedsync.db'))
    expect(key).toHaveLength(32)
    expect(readFileSync(join(dir, 'key'), 'utf8').trim()).toBe(Buffer.from(key).toString('hex'))
    expect(modeOf(dir)).toBe('700')
    expect(modeOf(join(dir, 'key'))).toBe('600')
  })

  it('has the same key each time', () => {
    const dir = temporaryFolder()
    const first = okValue(openDataDir(dir))
    writeFileSync(first.databaseFile, 'sealed')
    first.close()
    expect(readdirSync(dir).sort()).toEqual(['key', 'lock', 'wedsync.db'])
    expect(Buffer.from(open(dir).key)).toEqual(Buffer.from(first.key))
  })

  it('leaves an existing folder as open as its owner made it', () => {
    const dir = temporaryFolder()
    chmodSync(dir, 0o755)
    open(dir)
    expect(modeOf(dir)).toBe('755')
  })
})

describe('a folder that is open', () => {
  it('is refused to a second process, which is told by whom, and nothing changes', async () => {
    const dir = temporaryFolder()
    open(dir).describeHolder({ role: 'hub', url: 'http://127.0.0.1:4700' })
    const before = snapshot(dir)
    const { report } = await openElsewhere(dir)
    const holder = { pid: process.pid, startedAt: expect.any(String), role: 'hub', url: 'http://127.0.0.1:4700' }
    expect(report).toMatchObject({ opened: false, error: { kind: 'in-use', holder } })
    expect(report.says).toContain(`in use by process ${process.pid} (hub at http://127.0.0.1:4700, since 20`)
    expect(snapshot(dir)).toEqual(before)
  })

  it('is refused to the same process too, and to one that has the key from elsewhere, and stays locked', async () => {
    const dir = temporaryFolder()
    open(dir)
    expect(errorOf(openDataDir(dir)).kind).toBe('in-use')
    expect(errorOf(openDataDir(dir, { keyProvider: () => new Uint8Array(32) })).kind).toBe('in-use')
    expect((await openElsewhere(dir)).report.opened).toBe(false)
  })

  it('names nobody while the holder has not written who it is', () => {
    const dir = temporaryFolder()
    open(dir)
    for (const content of ['', '{"pid":"x"}', undefined]) {
      if (content === undefined) rmSync(join(dir, 'holder.json'))
      else writeFileSync(join(dir, 'holder.json'), content)
      const error = errorOf(openDataDir(dir))
      expect(error).toMatchObject({ kind: 'in-use', holder: undefined })
      expect(describeDataDirError(error)).toContain('in use by another process')
    }
  })

  it('is free again after close, and at once after kill -9', async () => {
    const dir = temporaryFolder()
    okValue(openDataDir(dir)).close()
    const { child, report } = await openElsewhere(dir)
    expect(report.opened).toBe(true)
    expect(errorOf(openDataDir(dir))).toMatchObject({ kind: 'in-use', holder: { pid: child.pid, role: 'hub' } })
    await killHard(child)
    expect(readdirSync(dir)).toContain('holder.json')
    expect(Buffer.from(open(dir).key).toString('hex')).toBe(report.key)
    expect(JSON.parse(readFileSync(join(dir, 'holder.json'), 'utf8'))).toMatchObject({ pid: process.pid })
  })
})

describe('the database key', () => {
  it.each(['wedsync.db', 'wedsync.db-wal'])('is not made anew beside a %s, and nothing changes', (name) => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, name), 'sealed')
    const before = snapshot(dir)
    const error = errorOf(openDataDir(dir))
    expect(error).toEqual({ kind: 'key-missing', file: join(dir, 'key') })
    expect(describeDataDirError(error)).toMatch(/key is missing.*put the key file back/)
    expect(snapshot(dir)).toEqual(before)
  })

  it('is missed too where the folder had been opened before, and the lock is let go', () => {
    const dir = temporaryFolder()
    const { databaseFile, key, close } = okValue(openDataDir(dir))
    writeFileSync(databaseFile, 'sealed')
    close()
    rmSync(join(dir, 'key'))
    const before = snapshot(dir)
    expect(errorOf(openDataDir(dir)).kind).toBe('key-missing')
    expect(snapshot(dir)).toEqual(before)
    writeFileSync(join(dir, 'key'), Buffer.from(key).toString('hex').toUpperCase())
    expect(Buffer.from(open(dir).key)).toEqual(Buffer.from(key))
  })

  it.each([
    ['', 'it holds 0 digits, not 64'],
    ['ab'.repeat(31), 'it holds 62 digits, not 64'],
    ['xy'.repeat(32), 'it holds something else than hexadecimal digits'],
  ])('is refused when the file holds %j', (content, detail) => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'key'), content)
    const before = snapshot(dir)
    const error = errorOf(openDataDir(dir))
    expect(error).toEqual({ kind: 'key-malformed', file: join(dir, 'key'), detail })
    expect(describeDataDirError(error)).toContain('put the right key file back')
    expect(snapshot(dir)).toEqual(before)
  })

  it('may come from a key store, and then no key file is made or missed', () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'wedsync.db'), 'sealed')
    const key = new Uint8Array(32).fill(7)
    expect(open(dir, { keyProvider: (path) => (path === dir ? key : new Uint8Array()) }).key).toEqual(key)
    expect(readdirSync(dir)).not.toContain('key')
  })

  it('of a key store is checked, and its failure leaves the folder free', () => {
    const dir = temporaryFolder()
    expect(errorOf(openDataDir(dir, { keyProvider: () => new Uint8Array(16) })).kind).toBe('key-malformed')
    const locked = (): never => {
      throw new Error('the key store is locked')
    }
    expect(() => openDataDir(dir, { keyProvider: locked })).toThrow('the key store is locked')
    expect(open(dir).key).toHaveLength(32)
  })
})

describe('a place that cannot be a data folder', () => {
  it('is refused with what to do', () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'file'), 'x')
    mkdirSync(join(dir, 'blocked', 'lock'), { recursive: true })
    for (const place of ['file', 'file/below', 'blocked']) {
      const error = errorOf(openDataDir(join(dir, place)))
      expect(error).toMatchObject({ kind: 'not-writable', dir: join(dir, place) })
      expect(describeDataDirError(error)).toMatch(/cannot be used \(.+\): check .* or choose another one\.$/)
      expect(describeDataDirError(error)).not.toContain('\n')
    }
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('x')
  })
})
