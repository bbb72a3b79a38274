/** `export --changes`: a sealed change file, for another install of the team that no network reaches. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { writeWhole } from '../../identity/wholeFile.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import type { OptionSpecs, ParsedOptions } from '../options.ts'
import { openFromOptions } from './serve.ts'

export const exportOptions: OptionSpecs = {
  data: { type: 'string', value: 'DIR', help: 'the folder of an install that is not running' },
  changes: { type: 'boolean', help: 'write a change file, sealed with the keys of the team' },
  since: { type: 'string', value: 'TIME', help: 'only what was edited since, such as 2027-06-12T08:00:00Z' },
  wedding: { type: 'string', value: 'ID', help: 'only this wedding' },
  out: { type: 'string', value: 'FILE', help: 'the file to write' },
}

export async function exportChanges(options: ParsedOptions): Promise<Failure | undefined> {
  const [out, since, wedding] = ['out', 'since', 'wedding'].map((name) => options.text(name))
  if (!options.flag('changes')) return usageError('--changes is missing: in this version nothing else is exported.')
  if (options.text('data') === undefined) return usageError('--data is missing: say which install to export from.')
  if (out === undefined) return usageError('--out is missing: say which file to write.')
  if (since !== undefined && !z.iso.datetime().safeParse(since).success) {
    return usageError(`--since takes a time like 2027-06-12T08:00:00Z, not "${since}".`)
  }
  if (wedding !== undefined && !z.uuid().safeParse(wedding).success) {
    return usageError(`--wedding takes the id of a wedding, not "${wedding}".`)
  }
  const install = await openFromOptions({ ...options, text: (name) => (name === 'port' ? '0' : options.text(name)) })
  if ('message' in install) return install
  try {
    const file = await install.writeChanges({
      ...(since !== undefined && { sinceMs: Date.parse(since) }),
      ...(wedding !== undefined && { wedding: wedding.toLowerCase() }),
    })
    if (!file) return failed('Only a device that may read everything of the team can write a change file.')
    writeWhole(resolve(out), file.text)
    print(
      options.flag('json') ? JSON.stringify({ file: out, records: file.records }) : `${file.records} records: ${out}`,
    )
    return undefined
  } finally {
    await install.stop()
  }
}
