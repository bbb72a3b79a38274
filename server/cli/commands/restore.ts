/**
 * `restore`: into a folder without a sound database it puts the database of the backup, as a new incarnation of that
 * install. In a folder that works nothing is replaced: each wedding, or the one that is named, is brought back by new
 * edits, which sync like all others and are undone by restoring to the moment before them. Photos and documents that are
 * not here, or damaged, come out of the backup in both cases.
 */
import { existsSync, rmSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { err, ok, type Result } from '../../../model/result.ts'
import type { Head } from '../../audit/chain.ts'
import { readHeads, writeHeads } from '../../audit/head.ts'
import { openSqliteAudit } from '../../audit/sqliteAudit.ts'
import { restoreBlobs } from '../../backup/backupBlobs.ts'
import { type OpenedBackup, openBackup } from '../../backup/backupFile.ts'
import type { Opener } from '../../backup/keySlots.ts'
import { describeBackupError } from '../../backup/makeBackup.ts'
import { placeDatabase, withBackupDatabase } from '../../backup/placeDatabase.ts'
import { type RestoreOrder, type RestoreReport, restoreWedding } from '../../backup/restoreWedding.ts'
import { MAX_QUOTA_MB, openOwnBlobs } from '../../blobs/installBlobs.ts'
import { namedBlobs } from '../../blobs/namedBlobs.ts'
import { openSqliteStore, type SqliteStore } from '../../changes/sqlite.ts'
import { openSqliteLog, recordTableOf } from '../../changes/sqliteLog.ts'
import { openSqliteState } from '../../changes/sqliteState.ts'
import { type DataDir, openDataDir } from '../../identity/dataDir.ts'
import { type Identity, loadIdentity } from '../../identity/identity.ts'
import { personOf } from '../../install/callers.ts'
import { openPeople } from '../../install/people.ts'
import { checkIntegrity, type Database, openForReading } from '../../storage/open.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { keyFrom, passphraseFrom, passphraseOption } from '../secrets.ts'
import { describeOpenError, startFailure } from '../startErrors.ts'
import { keyFileOf } from './backup.ts'

export const restoreOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of the install, which must not run; a new one is made' },
  from: { type: 'string', value: 'FILE', help: "the backup; without it, --at looks into the install's own history" },
  wedding: { type: 'string', value: 'ID', help: 'only this wedding' },
  at: { type: 'string', value: 'TIME', help: 'as it was then, such as 2027-06-12T14:00:00Z; else as in the backup' },
  key: { type: 'string', value: 'FILE', help: 'the key of the backup, if it is not beside it' },
  ...passphraseOption,
}

interface Order {
  readonly dir: string
  readonly backup: OpenedBackup | undefined
  readonly wedding: string | undefined
  /** Ms since 1970 UTC. */
  readonly atMs: number | undefined
  readonly json: boolean
}

export async function restore(options: ParsedOptions): Promise<Failure | undefined> {
  const [dir, from, wedding, at] = ['data', 'from', 'wedding', 'at'].map((name) => options.text(name))
  if (dir === undefined) return usageError('--data is missing: say into which folder to restore.')
  if (from === undefined && at === undefined) return usageError('--from is missing: say which backup to restore.')
  if (wedding !== undefined && !z.uuid().safeParse(wedding).success) {
    return usageError(`--wedding takes the id of a wedding, not "${wedding}".`)
  }
  if (at !== undefined && !z.iso.datetime({ offset: true }).safeParse(at).success) {
    return usageError(`--at takes a time like 2027-06-12T14:00:00Z, not "${at}".`)
  }
  const backup = from === undefined ? ok(undefined) : openFrom(resolve(from), dir, options)
  if (!backup.ok) return backup.error
  const atMs = at === undefined ? undefined : Date.parse(at)
  const order = { dir, backup: backup.value, wedding, atMs, json: options.flag('json') }
  // Nothing is left behind where nothing was restored.
  const wasThere = existsSync(resolve(dir))
  const dataDir = openDataDir(dir)
  if (!dataDir.ok && dataDir.error.kind === 'key-in-store') {
    return failed(
      `The key of the database in ${dataDir.error.dir} is in this computer's key store, which only the app can open, and nothing is restored under it. Restore into a new folder, with another --data, and open that one: wedsync app --data FOLDER.`,
    )
  }
  if (!dataDir.ok) return startFailure({ kind: 'data-dir', error: dataDir.error })
  let failure: Failure | undefined
  try {
    failure = await restoreInto(dataDir.value, order)
  } finally {
    dataDir.value.close()
  }
  if (failure && !wasThere) rmSync(resolve(dir), { recursive: true, force: true })
  return failure
}

/** With whatever is at hand: what was named, the key file beside the backup, the key of the folder. */
function openFrom(file: string, dir: string, options: ParsedOptions): Result<OpenedBackup, Failure> {
  const passphrase = passphraseFrom(options)
  if (!passphrase.ok) return err(usageError(passphrase.error))
  const openers: Opener[] = []
  const named = options.text('key')
  if (named !== undefined) {
    const key = keyFrom(named, '--key')
    if (!key.ok) return err(usageError(key.error))
    openers.push({ kind: 'key', key: key.value })
  }
  for (const beside of [keyFileOf(file), resolve(dir, 'key')]) {
    const key = existsSync(beside) ? keyFrom(beside, '--key') : undefined
    if (key?.ok) openers.push({ kind: 'key', key: key.value })
  }
  if (passphrase.value !== undefined) openers.push({ kind: 'passphrase', passphrase: passphrase.value })
  const opened = openBackup(file, openers)
  return opened.ok ? opened : err(failed(describeBackupError(opened.error)))
}

async function restoreInto(dataDir: DataDir, order: Order): Promise<Failure | undefined> {
  const { backup, wedding, atMs } = order
  const unsound = whyUnsound(dataDir)
  if (unsound !== undefined && (backup === undefined || wedding !== undefined)) {
    return failed(`${dataDir.path} ${unsound}: restore everything from a backup first, without --wedding.`)
  }
  if (unsound !== undefined && backup) {
    const placed = await placeDatabase(dataDir, backup, Date.now())
    if (!placed.ok) return failed(describeBackupError(placed.error))
    const { aside } = placed.value
    tell(order, { restored: 'everything', records: backup.manifest.records, madeAt: backup.madeAt, aside }, [
      `Everything in the backup of ${backup.madeAt} is in ${dataDir.path}: ${backup.manifest.records} records.`,
      ...(aside === undefined ? [] : [`What was there is kept in ${aside}.`]),
      'What others have seen since comes back from them when this install next meets them.',
    ])
    const failure = await finishPlaced(dataDir)
    if (failure) return failure
  }
  const opened = await openSqliteStore(dataDir.databaseFile, dataDir.key)
  if (!opened.ok) return failed(describeOpenError(opened.error))
  try {
    const { changes } = opened.value
    if (unsound === undefined || atMs !== undefined) {
      const failure = await restoreWeddings(dataDir, opened.value, order)
      if (failure) return failure
    }
    return backup && (await restoreFiles(dataDir, changes, backup, order))
  } finally {
    await opened.value.close()
  }
}

/** After the records, since these say what is wanted. */
async function restoreFiles(
  { path, key }: DataDir,
  changes: SqliteStore['changes'],
  backup: OpenedBackup,
  order: Order,
): Promise<Failure | undefined> {
  const named = await namedBlobs(changes, order.wedding === undefined ? undefined : [order.wedding])
  const blobs = await openOwnBlobs(path, key, MAX_QUOTA_MB, () => undefined)
  try {
    for (const sha256 of named.keys()) await blobs.prove(sha256)
    const { restored, missing, stopped } = await restoreBlobs(backup, [...named.keys()], blobs, path)
    if (!order.json && restored > 0) print(`Photos and documents that are back as well: ${restored}`)
    if (!order.json && missing.length > 0) {
      print(
        `Photos and documents that are not in the backup, and come from other devices that have them: ${missing.length}`,
      )
    }
    if (stopped === undefined) return undefined
    const why = stopped === 'quota' ? 'the quota is reached' : 'the disk is full'
    return failed(`Everything is back except some photos and documents: ${why}. Make room and run this again.`)
  } finally {
    await blobs.close()
  }
}

/** Opens it once, so that it is a new incarnation from here on and not only when it is next started. */
async function finishPlaced(dataDir: DataDir): Promise<Failure | undefined> {
  const opened = await openSqliteStore(dataDir.databaseFile, dataDir.key)
  if (!opened.ok) return failed(describeOpenError(opened.error))
  const identity = await loadIdentity(opened.value.state)
  // A backup holds the chains of the audit and not their heads. Where there are heads already, they tell what is missing.
  if (identity && readHeads(dataDir.path, identity).kind === 'none') {
    const audit = openSqliteAudit(opened.value.database)
    const heads = new Map<string, Head>()
    for (const chain of await audit.chains()) heads.set(chain, await audit.head(chain))
    writeHeads(dataDir.path, identity, heads)
  }
  await opened.value.close()
  return undefined
}

/** Why the folder holds no database to write edits into; `undefined` if it does. */
function whyUnsound({ databaseFile, key }: DataDir): string | undefined {
  const size = statSync(databaseFile, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return 'holds no database'
  const database = openForReading(databaseFile, key)
  if (!database.ok) return 'holds a database that cannot be read'
  try {
    return checkIntegrity(database.value).length === 0 ? undefined : 'holds a damaged database'
  } finally {
    database.value.close()
  }
}

async function restoreWeddings(dataDir: DataDir, store: SqliteStore, order: Order): Promise<Failure | undefined> {
  const identity = await loadIdentity(store.state)
  if (!identity) return failed(`${dataDir.path} belongs to nobody yet: start the install once.`)
  const past = order.backup
    ? await withBackupDatabase(order.backup, dataDir.path, (database) => pastOf(database, order))
    : ok(await ownPast(store, identity, order))
  if (!past.ok) return failed(describeBackupError(past.error))
  if ('message' in past.value) return past.value
  const { team, weddings } = past.value
  if (team !== identity.team.id)
    return failed('The backup is of another team, whose weddings must not be mixed with these.')

  const undoMs = Date.now() - 1
  const author = await openPeople(store.changes, store.state).author(personOf(identity))
  const reports: RestoreReport[] = []
  for (const wedding of weddings) {
    const restored = await restoreWedding(store.changes, { ...wedding, author, role: identity.grant.role })
    if (!restored.ok) {
      const { error } = restored
      return failed(
        error.kind === 'may-not-write'
          ? `The role ${identity.grant.role} may not write everything that would change in ${error.table}: restore on a device of the owner. Nothing of this wedding was changed.`
          : `Record ${error.recordId} of the backup contradicts the one that is here. Nothing of this wedding was changed.`,
      )
    }
    reports.push(restored.value)
  }
  const undo = new Date(undoMs).toISOString()
  tell(order, { restored: 'weddings', weddings: reports, undo }, [
    ...reports.map(
      ({ scope, name, recovered, changed, deleted }) =>
        `${name ?? scope}: ${changed} records changed back, ${deleted} removed, ${recovered} found again.`,
    ),
    `To undo this:  wedsync restore --data ${order.dir} --at ${undo}${order.wedding ? ` --wedding ${order.wedding}` : ''}`,
  ])
  return undefined
}

type PastWedding = Pick<RestoreOrder, 'scope' | 'past' | 'known'>

interface Past {
  readonly team: string
  readonly weddings: readonly PastWedding[]
}

async function pastOf(database: Database, { wedding, atMs, backup }: Order): Promise<Past | Failure> {
  if (atMs !== undefined && backup && atMs > Date.parse(backup.madeAt)) {
    return failed(`The backup was made before that, at ${backup.madeAt}: take a later one, or leave out --at.`)
  }
  const table = recordTableOf(database)
  const identity = await loadIdentity(openSqliteState(database, Date.now))
  if (table === undefined || !identity) return failed('The backup holds nothing yet.')
  const log = openSqliteLog(database, table)
  const weddings: PastWedding[] = []
  for (const scope of chosen(await log.scopes(), identity, wedding)) {
    const known = [...log.inScope(scope)]
    const past = atMs === undefined ? ok(known) : log.weddingAt(scope, atMs)
    if (!past.ok) return tooEarly(scope, past.error.sinceMs)
    weddings.push({ scope, past: past.value, known })
  }
  return weddings.length === 0 ? noSuchWedding(wedding) : { team: identity.team.id, weddings }
}

async function ownPast(
  { changes, history }: SqliteStore,
  identity: Identity,
  { wedding, atMs = 0 }: Order,
): Promise<Past | Failure> {
  const weddings: PastWedding[] = []
  for (const scope of chosen(await changes.scopes(), identity, wedding)) {
    const past = await history.weddingAt(scope, atMs)
    if (!past.ok) return tooEarly(scope, past.error.sinceMs)
    weddings.push({ scope, past: past.value, known: [] })
  }
  return weddings.length === 0 ? noSuchWedding(wedding) : { team: identity.team.id, weddings }
}

/** The team's own scope says who belongs to it, and that is not set back. */
function chosen(scopes: readonly string[], { team }: Identity, wedding: string | undefined): readonly string[] {
  return scopes.filter((scope) => scope !== team.id && (wedding === undefined || scope === wedding))
}

function tooEarly(scope: string, sinceMs: number): Failure {
  return failed(`Wedding ${scope} is known there from ${new Date(sinceMs).toISOString()} on: choose a later --at.`)
}

function noSuchWedding(wedding: string | undefined): Failure {
  return failed(
    wedding === undefined ? 'There is no wedding to restore.' : `There is no wedding ${wedding} to restore.`,
  )
}

function tell({ json }: Order, report: object, lines: readonly string[]): void {
  if (json) print(JSON.stringify(report))
  else for (const line of lines) print(line)
}
