/** The merge core in memory, on a record of twelve fields, and beside it the libraries that one could take instead. */
import { decodeRecord, decodeStored, encodeRecord } from '../../model/merge/codec.ts'
import { scopeDigest, unitHash } from '../../model/merge/digest.ts'
import { editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, joinRecords } from '../../model/merge/record.ts'
import type { Unit } from '../../model/merge/unit.ts'
import { viewRecord } from '../../model/merge/view.ts'
import { automerge } from './automerge.ts'
import type { Contender } from './contender.ts'
import { rounded } from './median.ts'
import { elsewhere, ours, sure } from './ours.ts'
import { perSecond, tasksPerSecond } from './rate.ts'
import { EDITS, newAuthor, newRecord, plainRow, recordEditedBy } from './record.ts'
import type { Figure } from './run.ts'
import { yjs, yjsUnopened } from './yjs.ts'

const DEVICES = [1, 5, 20]
const SCOPE_RECORDS = 1_000

export async function merge(): Promise<readonly Figure[]> {
  const third = await automerge()
  if (!third) process.stderr.write('Automerge is not installed: npm ci --prefix test/bench/peers\n')
  const contenders = [ours(), yjs(), ...(third ? [third] : [])]
  return [...joins(), ...steps(recordEditedBy(5)), ...scopes(), ...contenders.flatMap(tasks), ...sizes(contenders)]
}

function joins(): readonly Figure[] {
  const base = newRecord()
  const here = elsewhere(base)
  const left = elsewhere(editRecord(base, EDITS.title, newAuthor()))
  const right = elsewhere(editRecord(base, EDITS.start, newAuthor()))
  const rival = elsewhere(editRecord(base, EDITS.sameTitle, newAuthor()))
  const join = (name: string, a: CausalRecord, b: CausalRecord): Figure =>
    perSecond(`join, ${name}`, () => sure(joinRecords(a, b)))
  return [
    join('same on both sides', here, elsewhere(base)),
    join('the other side newer', here, left),
    join('the other side older', left, here),
    join('both edited, different fields', left, right),
    join('both edited, the same field', left, rival),
  ]
}

/** What happens to a record between disk and disk, step by step and in one. */
function steps(record: CausalRecord): readonly Figure[] {
  const stored = encodeRecord(record)
  const other = encodeRecord(editRecord(record, EDITS.start, newAuthor()))
  const joined = () => sure(joinRecords(sure(decodeStored(stored)), sure(decodeRecord(other))))
  return [
    perSecond('decode, from our own disk', () => decodeStored(stored)),
    perSecond('decode, with the bounds for what a peer sends', () => decodeRecord(stored)),
    perSecond('encode', () => encodeRecord(record)),
    perSecond('digest of a unit', () => unitHash(record.id, 'open', openUnit(record))),
    perSecond('decode ours + decode and check theirs + join + digest + encode', () => {
      const both = joined()
      unitHash(both.id, 'open', openUnit(both))
      return encodeRecord(both)
    }),
    perSecond('view', () => viewRecord(record)),
  ]
}

function openUnit(record: CausalRecord): Unit {
  const unit = record.units.get('open')
  if (!unit) throw new Error('the record has an open unit')
  return unit
}

function scopes(): readonly Figure[] {
  const records = Array.from({ length: SCOPE_RECORDS }, () => recordEditedBy(2))
  const { value } = perSecond('', () => scopeDigest(records))
  return [{ name: `digest of a scope of ${SCOPE_RECORDS} records`, value: rounded(1_000 / value), unit: 'ms' }]
}

function tasks(contender: Contender): readonly Figure[] {
  const { name } = contender
  return [
    tasksPerSecond(`${name}: merge two edits of one record`, () => contender.merge()),
    tasksPerSecond(`${name}: load + merge + save`, () => contender.loadMergeSave()),
    ...(name === 'Yjs' ? [tasksPerSecond('Yjs: merge the bytes, unread', yjsUnopened)] : []),
    tasksPerSecond(`${name}: load + read`, () => contender.loadAndRead()),
    tasksPerSecond(`${name}: edit one field`, () => contender.edit()),
  ]
}

function sizes(contenders: readonly Contender[]): readonly Figure[] {
  return DEVICES.flatMap((devices) => {
    const row = Buffer.byteLength(plainRow(viewRecord(recordEditedBy(devices)).data))
    const after = `after edits on ${devices} ${devices === 1 ? 'device' : 'devices'}`
    return [
      { name: `plain row ${after}`, value: row, unit: 'bytes' },
      ...contenders.flatMap((contender) => {
        const bytes = contender.bytes(devices)
        return [
          { name: `${contender.name} ${after}`, value: bytes, unit: 'bytes' },
          { name: '… / the plain row', value: rounded(bytes / row), unit: '×' },
        ]
      }),
    ]
  })
}
