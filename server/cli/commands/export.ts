/**
 * `export`: a wedding in a form that other programs read, or (`--changes`) a sealed change file for another install of the
 * team that no network reaches.
 */
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import type { Api } from '../../../model/client/calls.ts'
import { EXPORT_FORMATS, type ExportFormat } from '../../../model/export/index.ts'
import { WEDDING_TABLES } from '../../../model/tables/index.ts'
import { writeWhole } from '../../identity/wholeFile.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { failureOf, serverOptions } from '../server.ts'
import { withInstall } from '../withInstall.ts'
import { withServer } from '../withServer.ts'

export const exportOptions: OptionSpecs = {
  ...serverOptions,
  data: { type: 'string', value: 'DIR', help: 'without --server: the folder of an install that is not running' },
  wedding: { type: 'string', value: 'ID', help: 'this wedding' },
  format: { type: 'string', value: 'F', help: 'json, csv (a folder with a file per table), ics or vcf' },
  table: { type: 'string', value: 'T', help: 'only this table; with csv, PATH is then the file' },
  out: { type: 'string', value: 'PATH', help: 'what to write' },
  changes: { type: 'boolean', help: 'instead of a format: a change file, sealed with the keys of the team' },
  since: { type: 'string', value: 'TIME', help: 'with --changes: only what was edited since, as 2027-06-12T08:00:00Z' },
}

export async function exportFiles(options: ParsedOptions): Promise<Failure | undefined> {
  const [out, wedding, format] = ['out', 'wedding', 'format'].map((name) => options.text(name))
  if (options.flag('changes') === (format !== undefined)) {
    return usageError(`Say what to export: either --format (${EXPORT_FORMATS.join(', ')}) or --changes.`)
  }
  if (out === undefined) return usageError('--out is missing: say what to write.')
  if (wedding !== undefined && !z.uuid().safeParse(wedding).success) {
    return usageError(`--wedding takes the id of a wedding, not "${wedding}".`)
  }
  if (options.flag('changes')) return exportChanges(out, wedding?.toLowerCase(), options)
  const known = EXPORT_FORMATS.find((each) => each === format)
  const table = options.text('table')
  if (!known) return usageError(`--format takes ${EXPORT_FORMATS.join(', ')}, not "${format}".`)
  if (wedding === undefined) return usageError('--wedding is missing: say which wedding to export.')
  if (table !== undefined && !WEDDING_TABLES.includes(table))
    return usageError(`--table: there is no table "${table}".`)
  return withServer(options, (api) => write(api, { wedding, format: known, table, out: resolve(out) }, options))
}

interface Wanted {
  readonly wedding: string
  readonly format: ExportFormat
  readonly table: string | undefined
  readonly out: string
}

async function write(
  api: Api,
  { wedding, format, table, out }: Wanted,
  options: ParsedOptions,
): Promise<Failure | undefined> {
  const reply = await api.exportWedding({ params: { id: wedding }, query: { format, table } })
  if (!reply.ok) return failureOf(reply.error)
  const { files, records, left } = reply.value
  const isFolder = format === 'csv' && table === undefined
  const [only] = files
  if (!only) return failed('There is nothing to export in this table.')
  const written = isFolder ? files.map(({ name, text }) => ({ file: join(out, name), text })) : [{ ...only, file: out }]
  try {
    mkdirSync(isFolder ? out : dirname(out), { recursive: true })
    for (const { file, text } of written) writeWhole(file, text)
  } catch (cause) {
    return failed(`${out} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (options.flag('json')) {
    print(JSON.stringify({ files: written.map(({ file }) => file), records, left }))
    return undefined
  }
  print(`${records} records: ${written.map(({ file }) => file).join(', ')}`)
  for (const { table: of, id, reason } of left) print(`  left out: ${of} ${id}: ${reason}`)
  return undefined
}

async function exportChanges(
  out: string,
  wedding: string | undefined,
  options: ParsedOptions,
): Promise<Failure | undefined> {
  const since = options.text('since')
  if (options.text('data') === undefined) return usageError('--data is missing: say which install to export from.')
  if (since !== undefined && !z.iso.datetime().safeParse(since).success) {
    return usageError(`--since takes a time like 2027-06-12T08:00:00Z, not "${since}".`)
  }
  return withInstall(options, async (install) => {
    const file = await install.writeChanges({
      ...(since !== undefined && { sinceMs: Date.parse(since) }),
      ...(wedding !== undefined && { wedding }),
    })
    if (!file) return failed('Only a device that may read everything of the team can write a change file.')
    writeWhole(resolve(out), file.text)
    print(
      options.flag('json') ? JSON.stringify({ file: out, records: file.records }) : `${file.records} records: ${out}`,
    )
    return undefined
  })
}
