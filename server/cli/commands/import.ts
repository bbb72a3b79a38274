/** `import`: reads real files, shows what would come of them, and writes them through the REST API. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { z } from 'zod'
import { type Api, allRecords } from '../../../model/client/calls.ts'
import { decodeText, type ImportReading, readImport } from '../../../model/import/index.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { isChangeFile } from '../../install/changeFileKind.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import { type WrittenReport, writeRows } from '../importWriter.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { failureOf, pushChanges, serverOptions } from '../server.ts'
import { withServer } from '../withServer.ts'
import { importChanges } from './importChanges.ts'

export const importOptions: OptionSpecs = {
  ...serverOptions,
  data: { type: 'string', value: 'DIR', help: 'without --server: the folder of an install that is not running' },
  wedding: { type: 'string', value: 'ID', help: 'import into this wedding' },
  new: { type: 'string', value: 'NAME', help: 'make a new wedding of this name' },
  date: { type: 'string', value: 'YYYY-MM-DD', help: 'its date' },
  timezone: { type: 'string', value: 'ZONE', help: "its time zone, such as Europe/Lisbon (this computer's)" },
  table: { type: 'string', value: 'T', help: 'timeline_items or guests, if the headers do not tell' },
  anchor: { type: 'string', value: 'HH:MM', help: 'when a list that has only durations begins' },
  'day-first': { type: 'boolean', help: 'read 06/07/2027 as 6 July' },
  'month-first': { type: 'boolean', help: 'read 06/07/2027 as June 7' },
  yes: { type: 'boolean', help: 'do not ask before writing' },
}

const isoDate = z.iso.date()
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)

interface Target {
  readonly weddingId: string
  readonly date: string
  readonly timezone: string
  /** The wedding is to be made first. */
  readonly name?: string
}

interface FileReport extends WrittenReport {
  readonly file: string
  readonly weddingId: string
}

export async function importFiles(options: ParsedOptions): Promise<Failure | undefined> {
  if (options.files.length === 0) return usageError('Name at least one file to import.')
  const changeFiles = changeFilesAmong(options.files)
  if (changeFiles.size > 0) return importChanges(changeFiles, options)
  const wanted = destination(options)
  if (!wanted.ok) return wanted.error
  const reading = readingOptions(options)
  if (!reading.ok) return reading.error
  return withServer(options, (api) => run(api, wanted.value, reading.value, options))
}

/** Change files by name; none if a file cannot be read, which is told when it is. */
function changeFilesAmong(files: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const file of files) {
    const text = existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : ''
    if (isChangeFile(text)) found.set(file, text)
  }
  return found
}

async function run(
  api: Api,
  wanted: Target | { readonly weddingId: string },
  how: ReadingOptions,
  options: ParsedOptions,
): Promise<Failure | undefined> {
  const target = 'date' in wanted ? ok(wanted) : await existingWedding(api, wanted.weddingId)
  if (!target.ok) return target.error
  const readings: { file: string; reading: ImportReading }[] = []
  for (const path of options.files) {
    const reading = readFile(path, target.value, how)
    if (!reading.ok) return reading.error
    readings.push({ file: basename(path), reading: reading.value })
  }
  if (!(await confirmed(readings, options))) return failed('Nothing was imported.')
  if (target.value.name !== undefined) {
    const made = await makeWedding(api, target.value)
    if (made) return made
  }
  for (const { file, reading } of readings) {
    const written = await writeRows(api, target.value.weddingId, reading)
    if (!written.ok) return written.error
    report({ file, weddingId: target.value.weddingId, ...written.value }, options)
  }
  return undefined
}

function destination(options: ParsedOptions): Result<Target | { readonly weddingId: string }, Failure> {
  const id = options.text('wedding')
  const name = options.text('new')
  const date = options.text('date')
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  if ((id === undefined) === (name === undefined)) {
    return err(usageError('Say where to: either --wedding ID, or --new NAME with --date.'))
  }
  if (id !== undefined) {
    if (z.uuid().safeParse(id).success) return ok({ weddingId: id.toLowerCase() })
    return err(usageError(`--wedding takes the id of a wedding, not "${id}".`))
  }
  if (name?.trim() === '') return err(usageError('--new takes the name of the wedding.'))
  if (name === undefined || !isoDate.safeParse(date).success) {
    return err(usageError(`--date takes a day like 2027-06-12${date === undefined ? '' : `, not "${date}"`}.`))
  }
  const timezone = options.text('timezone') ?? ownZone
  return ok({ weddingId: randomUUID(), date: date ?? '', timezone, name })
}

async function existingWedding(api: Api, id: string): Promise<Result<Target, Failure>> {
  const weddings = await api.weddings()
  if (!weddings.ok) return err(failureOf(weddings.error))
  if (!weddings.value.weddings.some((wedding) => wedding.id === id)) {
    return err(failed(`There is no wedding ${id} here. "wedsync status" lists those that are.`))
  }
  const records = await allRecords(api, id, 'weddings')
  if (!records.ok) return err(failureOf(records.error))
  const data = z.looseObject({ date: isoDate, timezone: z.string().optional() }).safeParse(records.value[0]?.data)
  if (!data.success) return err(failed('The wedding has no date yet, and times without a date need one.'))
  const timezone = data.data.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  return ok({ weddingId: id, date: data.data.date, timezone })
}

type ReadingOptions = Pick<Parameters<typeof readImport>[1], 'table' | 'anchor' | 'dateOrder'>

function readingOptions(options: ParsedOptions): Result<ReadingOptions, Failure> {
  const table = options.text('table')
  const anchor = options.text('anchor')
  if (table !== undefined && table !== 'timeline_items' && table !== 'guests') {
    return err(usageError(`--table takes timeline_items or guests, not "${table}".`))
  }
  if (anchor !== undefined && !clockTime.safeParse(anchor).success) {
    return err(usageError(`--anchor takes a time like 09:00, not "${anchor}".`))
  }
  return ok({
    ...(table !== undefined && { table }),
    ...(anchor !== undefined && { anchor }),
    ...(options.flag('day-first') && { dateOrder: 'day-first' as const }),
    ...(options.flag('month-first') && { dateOrder: 'month-first' as const }),
  })
}

function readFile(path: string, target: Target, how: ReadingOptions): Result<ImportReading, Failure> {
  let text: string
  try {
    text = decodeText(readFileSync(path), (encoding, bytes) => new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch (cause) {
    return err(failed(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
  let reading: ReturnType<typeof readImport>
  try {
    reading = readImport({ name: basename(path), text }, { ...target, ...how })
  } catch (cause) {
    if (cause instanceof RangeError) return err(usageError(`--timezone: ${cause.message}`))
    throw cause
  }
  return reading.ok ? reading : err(failed(`${path}: ${reading.error.reason}`))
}

async function confirmed(
  readings: readonly { file: string; reading: ImportReading }[],
  options: ParsedOptions,
): Promise<boolean> {
  if (options.flag('yes') || options.flag('json') || !process.stdin.isTTY) return true
  for (const { file, reading } of readings) {
    print(`${file}: ${reading.rows} rows for ${reading.table}, ${reading.refused.length} of them cannot be read`)
    for (const { header, field } of reading.columns) print(`  ${header} → ${field}`)
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Import? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

async function makeWedding(api: Api, { weddingId, name, date, timezone }: Target): Promise<Failure | undefined> {
  const data = { wedding_id: weddingId, name, date, timezone }
  const pushed = await pushChanges(api, [{ action: 'create', table: 'weddings', id: weddingId, data }])
  if (!pushed.ok) return pushed.error
  const [failure] = pushed.value.failures
  return failure && failed(`The wedding cannot be made: ${failure.error}`)
}

function report(file: FileReport, options: ParsedOptions): void {
  if (options.flag('json')) {
    print(JSON.stringify(file))
    return
  }
  const { imported, updated, skipped, refused, warned } = file
  print(
    `${file.file}: ${file.rows} rows → ${imported} imported, ${updated} updated, ${skipped} already there, ${refused.length} refused (${file.table}, wedding ${file.weddingId})`,
  )
  for (const { line, reason } of warned) print(`  line ${line}: note: ${reason}`)
  for (const { line, reason, text } of refused) print(`  line ${line}: refused: ${reason}\n    ${text}`)
}
