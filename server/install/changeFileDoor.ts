/** Change files as an install writes and reads them: each one on record, before it is done and after. */
import { ownCaller } from './callers.ts'
import { readChangeFile, writeChangeFile } from './changeFile.ts'
import type { InstallParts } from './context.ts'
import type { Install } from './install.ts'

const RESOURCE = 'change file'

type Parts = Pick<InstallParts, 'identity' | 'keys' | 'store' | 'trail'>

export function changeFileDoor(parts: Parts): Pick<Install, 'writeChanges' | 'readChanges'> {
  const { trail } = parts
  const caller = ownCaller(parts.identity)
  return {
    writeChanges(what) {
      const { wedding, sinceMs } = what
      const details = {
        format: 'changes',
        ...(wedding !== undefined && { weddingId: wedding }),
        ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
      }
      return trail.run(
        { event: 'export', resource: RESOURCE, caller, details },
        () => writeChangeFile(parts, what),
        (file) => [file ? { phase: 'done', details: { records: file.records } } : { phase: 'refused' }],
      )
    },

    readChanges: (text) =>
      trail.run(
        { event: 'sync', resource: RESOURCE, caller },
        () => readChangeFile(text, parts),
        (read) => {
          if (!read.ok) return [{ phase: 'refused', details: { reason: read.error.kind } }]
          const { records, refused } = read.value
          return [{ phase: 'done', details: { records, refused: refused.length } }]
        },
      ),
  }
}
