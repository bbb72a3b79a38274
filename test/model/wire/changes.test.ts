import { describe, expect, it } from 'vitest'
import { type Changes, changesText, parseMessage } from '../../../model/wire/index.ts'
import { uuidOf } from '../../support/ids.ts'

describe('a message of changes', () => {
  it.each<{ readonly records: readonly unknown[] }>([
    { records: [] },
    { records: [{ id: 'one', title: 'A "quoted" name\u2028' }] },
    { records: [{ id: 'one' }, { id: 'two' }, null] },
  ])('is the same text whether it is written down at once or from records that are: $records', ({ records }) => {
    const message: Changes = { type: 'changes', scope: uuidOf(1), seq: 7, remaining: 3, records: [...records] }
    const { scope, seq, remaining } = message
    const text = changesText(
      { scope, seq, remaining },
      records.map((record) => JSON.stringify(record)),
    )
    expect(text).toBe(JSON.stringify(message))
    expect(parseMessage(text)).toEqual({ ok: true, value: message })
  })
})
