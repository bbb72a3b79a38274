import { decodeRecord, decodeStored, encodeRecord, type MalformedRecord } from '../../model/merge/codec.ts'
import { editRecord } from '../../model/merge/edit.ts'
import { type CausalRecord, type JoinError, joinRecords } from '../../model/merge/record.ts'
import { viewRecord } from '../../model/merge/view.ts'
import type { Result } from '../../model/result.ts'
import { assertMerged, type Contender } from './contender.ts'
import { EDITS, newAuthor, newRecord, recordEditedBy } from './record.ts'

/** A state as another device holds it, which shares no memory with the one that it came from. */
export function elsewhere(record: CausalRecord): CausalRecord {
  return fromDisk(toText(record))
}

/** What a peer sent is checked in full; what our own disk holds, for consistency. */
function fromPeer(text: string): CausalRecord {
  return sure(decodeRecord(JSON.parse(text)))
}

function fromDisk(text: string): CausalRecord {
  return sure(decodeStored(JSON.parse(text)))
}

export function toText(record: CausalRecord): string {
  return JSON.stringify(encodeRecord(record))
}

/** Throws where a bench would otherwise measure how fast something is refused. */
export function sure<T>(result: Result<T, MalformedRecord | JoinError>): T {
  if (!result.ok) throw new Error(`the bench is broken: ${result.error.kind}`)
  return result.value
}

/** The whole record travels, although a delta would do: the library contenders send their smallest change. */
export function ours(): Contender {
  const base = newRecord()
  const left = elsewhere(editRecord(base, EDITS.title, newAuthor()))
  const right = elsewhere(editRecord(base, EDITS.start, newAuthor()))
  const stored = toText(left)
  const sent = toText(right)
  const loadMergeSave = () => toText(sure(joinRecords(fromDisk(stored), fromPeer(sent))))
  assertMerged('WedSync', viewRecord(fromDisk(loadMergeSave())).data)
  return {
    name: 'WedSync',
    merge: () => () => sure(joinRecords(left, right)),
    loadMergeSave: () => loadMergeSave,
    loadAndRead: () => () => viewRecord(fromDisk(stored)).data,
    edit: () => {
      const author = newAuthor()
      return () => editRecord(base, EDITS.title, author)
    },
    bytes: (devices) => Buffer.byteLength(toText(recordEditedBy(devices))),
  }
}
