import { expect, it } from 'vitest'
import { encodeRecord } from '../../model/merge/codec.ts'
import type { OwnDraft } from '../../model/rest/window.ts'
import { draftText, draftWords } from '../../renderer/src/drafts/draft.ts'
import { uuidOf } from '../support/ids.ts'
import { newRecord } from '../support/mergeHelpers.ts'

const LISBON = { zone: 'Europe/Lisbon', date: '2026-06-13' }
const RITE = newRecord('timeline_items', { title: 'Rite', startTime: '2026-06-13T14:20:00Z', done: true })

function draft(more: Partial<OwnDraft>): OwnDraft {
  return { id: 'draft', weddingId: uuidOf(8), reason: 'no', record: encodeRecord(RITE), fields: ['title'], ...more }
}

it('shows what was typed as the screens show it, and nothing else of the record', () => {
  expect(draftWords(draft({ fields: ['title', 'startTime'] }), LISBON)).toEqual({
    title: 'Rite',
    table: 'Timeline',
    lines: ['Title: Rite', 'Start: 15:20'],
  })
})

it('says what was done where nothing was typed', () => {
  expect(draftWords(draft({ fields: ['$deleted'] }), LISBON)?.lines).toEqual(['Deleted it'])
  expect(draftWords(draft({ fields: ['$created', 'title'] }), LISBON)?.lines).toEqual(['Made it new', 'Title: Rite'])
})

it('is a text that tells somebody else what to change and where', () => {
  const words = draftWords(draft({}), LISBON)
  expect(words && draftText(words, 'Anna & Ben')).toBe('Anna & Ben · Timeline · Rite\nTitle: Rite')
  expect(words && draftText(words, undefined)).toBe('Timeline · Rite\nTitle: Rite')
})

it('shows nothing of a record that this version cannot read, and does not fail over it', () => {
  expect(draftWords(draft({ record: { v: 9 } }), LISBON)).toBeUndefined()
})
