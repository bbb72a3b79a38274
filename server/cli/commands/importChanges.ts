/** `import FILE` when the file is a change file: what another install of the team has written. */
import { unreachable } from '../../../model/result.ts'
import type { ChangeFileError } from '../../install/changeFile.ts'
import { type Failure, failed, print, usageError } from '../exit.ts'
import type { ParsedOptions } from '../options.ts'
import { withInstall } from '../withInstall.ts'

/** @param texts the contents of the files, by name */
export async function importChanges(
  texts: ReadonlyMap<string, string>,
  options: ParsedOptions,
): Promise<Failure | undefined> {
  if (options.text('data') === undefined || options.text('server') !== undefined) {
    return usageError('A change file is imported with --data, into an install that is not running.')
  }
  return withInstall(options, async (install) => {
    for (const [file, text] of texts) {
      const read = await install.readChanges(text)
      if (!read.ok) return failed(`${file}: ${wordsFor(read.error)}`)
      const { records, refused } = read.value
      if (options.flag('json')) print(JSON.stringify({ file, kind: 'changes', records, refused }))
      else {
        print(`${file}: ${records} records, ${refused.length} set aside`)
        for (const { id, reason } of refused) print(`  ${id}: ${reason}`)
      }
    }
    return undefined
  })
}

function wordsFor({ kind }: ChangeFileError): string {
  switch (kind) {
    case 'not-a-change-file':
      return 'its first line is damaged: copy the file again.'
    case 'other-team':
      return 'it was written by another team, whose records this install does not take.'
    case 'changed-since':
      return 'it is not as it was written: copy the file again, or have it written anew.'
    default:
      return unreachable(kind)
  }
}
