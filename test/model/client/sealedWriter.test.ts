import { describe, expect, it } from 'vitest'
import type { OutgoingChange } from '../../../model/client/calls.ts'
import { createSealedWriter, type SealedWriter } from '../../../model/client/sealedWriter.ts'
import { conflictQueue } from '../../../model/conflicts/queue.ts'
import { createClock } from '../../../model/merge/clock.ts'
import { readSealed } from '../../../model/merge/envelope.ts'
import { parseRegister } from '../../../model/merge/registers.ts'
import type { Border } from '../../../model/sync/border.ts'
import { elevenChars } from '../../support/memoryReplica.ts'
import { join } from '../../support/mergeFuzz.ts'
import { apart, newRecord, RECORD_ID, WEDDING_ID, write } from '../../support/mergeHelpers.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'
import { borderOf, secretOf, teamBorder } from '../../support/sealing.ts'

const ACTOR = elevenChars('client')

function writerOf(border: Border = teamBorder()): SealedWriter {
  return createSealedWriter({ border, actor: ACTOR, stamp: createClock(() => 1_000).next })
}

function countersOf({ edit }: OutgoingChange): Record<string, number> {
  return Object.fromEntries(Object.entries(edit?.units ?? {}).map(([readClass, { counter }]) => [readClass, counter]))
}

const guest = newRecord('guests', { name: 'Ada', meal: 'fish', phone: '123' })

describe('a writer of sealed values', () => {
  it('[SEA11] seals every value under the dot of its unit, hides members of sets, and leaves open what is open', async () => {
    const data = { name: 'Ida', phone: '456', allergies: ['nuts'] }
    const change = mustBeOk(await writerOf().create({ id: RECORD_ID, scope: WEDDING_ID, table: 'guests', data }))
    const { wedding_id, $created, ...values } = change.data
    expect([wedding_id, $created]).toEqual([WEDDING_ID, { $plain: true, dot: `${ACTOR}:1` }])
    const fields = Object.keys(values).map((register) => parseRegister(register).field)
    expect(fields.sort()).toEqual(['allergies', 'name', 'phone'])
    for (const value of Object.values(values)) {
      const { dot, ...envelope } = value as { dot: string }
      expect(dot).toBe(`${ACTOR}:1`)
      expect(readSealed(envelope)).toBeDefined()
    }
    expect(JSON.stringify(change)).not.toMatch(/Ida|456|nuts/)
    expect(change.edit).toMatchObject({ base: 'open', actor: ACTOR, units: { open: { counter: 1, seen: {} } } })
  })

  it('[SEA11] counts for itself, so a record may be older than what it sent, and says what its author had seen', async () => {
    const writer = writerOf()
    const seen = Object.fromEntries(guest.units.get('open')?.vector ?? [])
    const first = mustBeOk(await writer.update(guest, { name: 'Ida' }))
    const second = mustBeOk(await writer.update(guest, { name: 'Eda' }))
    expect([countersOf(first), countersOf(second)]).toEqual([{ open: 1 }, { open: 2 }])
    expect(first.edit?.units.open?.seen).toEqual(seen)
    expect(second.edit?.units.open?.seen).toEqual({ ...seen, [ACTOR]: 1 })
    // Also in a unit that the record does not have yet.
    const diet = [
      await writer.update(guest, { allergies: ['nuts'] }),
      await writer.update(guest, { allergies: ['eggs'] }),
    ]
    expect(diet.map((change) => Object.values(countersOf(mustBeOk(change))))).toEqual([[1], [2]])
    const gone = mustBeOk(await writer.delete(guest))
    expect(gone.data).toEqual({
      $deleted: { $plain: expect.objectContaining({ open: { ...seen, [ACTOR]: 2 } }), dot: `${ACTOR}:3` },
    })
  })

  it('says nothing that the record says already, and writes nothing that it has no key for', async () => {
    expect(await writerOf().update(guest, { name: 'Ada' })).toEqual({ ok: false, error: { kind: 'nothing-new' } })
    const little = writerOf(borderOf([{ scope: WEDDING_ID, keyId: '0', readClass: 'open', secret: secretOf(3) }]))
    const change = await little.update(guest, { name: 'Ida', phone: '456' })
    expect(change).toEqual({ ok: false, error: { kind: 'no-key', readClass: 'private' } })
  })

  it('[SEA13] marks a decision as what it is, and leaves to the server what needs no key', async () => {
    const [ana, ben] = apart(
      newRecord('timeline_items', { title: 'Toast', startTime: '2027-06-12T18:00:00Z' }),
      write({ startTime: '2027-06-12T18:15:00Z' }),
      write({ startTime: '2027-06-12T18:30:00Z' }),
    )
    const [entry] = conflictQueue([join(ana, ben)])
    if (!entry) throw new Error('nothing waits')
    const { conflictId } = entry
    const { resolution } = mustBeOk(await writerOf().decide(entry, { strategy: 'use_client' }))
    expect(resolution.edit?.decided).toEqual({ conflictId, strategy: 'use_client' })
    expect(Object.keys(resolution.mergedData ?? {})).toEqual(['startTime'])
    expect(await writerOf().decide(entry, { strategy: 'merge_automatic' })).toMatchObject({
      ok: false,
      error: { kind: 'never-automatic' },
    })
  })
})
