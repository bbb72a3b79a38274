/** A change that was taken back, as people read it. Pure. */
import { titleOf } from '../../../model/conflicts/writer.ts'
import { decodeRecord } from '../../../model/merge/codec.ts'
import { CREATED, DELETED } from '../../../model/merge/registers.ts'
import { viewRecord } from '../../../model/merge/view.ts'
import type { OwnDraft } from '../../../model/rest/window.ts'
import { fieldWords, type Place, recordName, tableWords, wordsOf } from '../conflicts/words.ts'

export interface DraftWords {
  /** What the record is called. */
  readonly title: string
  readonly table: string
  /** `Title: Rite`, one for each field. */
  readonly lines: readonly string[]
}

/** @returns `undefined` for one of another version, which this one cannot show */
export function draftWords({ record: stored, fields }: OwnDraft, place: Place): DraftWords | undefined {
  const decoded = decodeRecord(stored)
  if (!decoded.ok) return undefined
  const record = decoded.value
  const { data } = viewRecord(record)
  const lines = fields.map((field) => {
    if (field === DELETED) return 'Deleted it'
    if (field === CREATED) return 'Made it new'
    return `${fieldWords(field)}: ${wordsOf(field, [data[field]], place).join('')}`
  })
  return { title: recordName({ title: titleOf(record), record }), table: tableWords(record.table), lines }
}

/** The same as a text to send to somebody who may make the change. */
export function draftText({ title, table, lines }: DraftWords, wedding: string | undefined): string {
  return [[wedding, table, title].filter((part) => part !== undefined).join(' · '), ...lines].join('\n')
}
