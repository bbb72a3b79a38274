/** What was taken back at a machine, as it lies on its disk. */
import { decodeRecord } from '../../model/merge/codec.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { DRAFTS, draftSchema } from '../../model/sync/drafts.ts'
import type { Disk } from './disk.ts'

export interface KeptDraft {
  /** With what was typed. */
  readonly record: CausalRecord
  readonly fields: readonly string[]
}

export function draftsOn({ state }: Disk): readonly KeptDraft[] {
  return [...state].flatMap(([key, text]) => {
    if (!key.startsWith(DRAFTS)) return []
    const { raw, fields } = draftSchema.parse(JSON.parse(text))
    const record = decodeRecord(raw)
    if (!record.ok) throw new Error(`a draft that cannot be read: ${record.error.reason}`)
    return [{ record: record.value, fields }]
  })
}
