/**
 * Digests prove that two replicas hold the same: they cover ids, vectors, dots and tags, and never a value or a
 * ciphertext, so a sealed replica and an open one can be compared.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { CausalRecord } from './record.ts'
import type { Unit } from './unit.ts'
import { compareText } from './vector.ts'

/** SHA-256 of one unit's id, vector, and per register the dots and tags, in hex. */
export function unitHash(recordId: string, readClass: string, unit: Unit): string {
  const vector = [...unit.vector].sort(([a], [b]) => compareText(a, b))
  const registers = [...unit.registers]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, siblings]) => [name, siblings.map(({ edit }) => [edit.actor, edit.counter, edit.tag])])
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([recordId, readClass, vector, registers]))))
}

/** The digest of each read class over all given records, which are those of one scope. */
export function scopeDigest(records: Iterable<CausalRecord>): ReadonlyMap<string, string> {
  const lines = new Map<string, string[]>()
  for (const record of records) {
    for (const [readClass, unit] of record.units) {
      const hashes = lines.get(readClass) ?? []
      hashes.push(`${record.id}:${unitHash(record.id, readClass, unit)}`)
      lines.set(readClass, hashes)
    }
  }
  return new Map(
    [...lines].sort(([a], [b]) => compareText(a, b)).map(([readClass, hashes]) => [readClass, fold(hashes)]),
  )
}

function fold(hashes: string[]): string {
  return bytesToHex(sha256(utf8ToBytes(hashes.sort(compareText).join('\n'))))
}

/** One digest for all classes: equal for two callers that may read the same classes and hold the same. */
export function combinedDigest(classes: ReadonlyMap<string, string>): string {
  const text = [...classes].sort(([a], [b]) => compareText(a, b)).map(([readClass, digest]) => `${readClass}=${digest}`)
  return bytesToHex(sha256(utf8ToBytes(text.join('\n'))))
}
