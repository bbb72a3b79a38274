/**
 * Digests prove that two replicas hold the same: they cover ids, vectors, and edits with all that they say of themselves
 * (dot, tag, stamp, `ask`, operation, decision), and never a value or a ciphertext, so a sealed replica and an open one can
 * be compared.
 *
 * A unit is hashed with a fast 128-bit hash, a scope with SHA-256 over the hashes of its units. The fast hash guards
 * against accidents: loss, damage, a bug in the merge. Two different states have the same one with odds of 2^-128; over
 * a million comparisons of scopes with 100,000 units each, 10^11 in all, that is 3 · 10^-28.
 *
 * It does not guard against a forger, nor would SHA-256 here: a hash over tags can be no harder to forge than the tags,
 * which are 8 bytes of an HMAC whose key all members have. Whoever makes two contents for one dot can search for two
 * with the same tag (2^32 attempts), and whoever answers with a digest can answer what they like. Those who have no key
 * see neither values nor a way to choose tags that others would take for genuine.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { SetHash } from './hash128.ts'
import type { CausalRecord } from './record.ts'
import { SortedMap } from './sortedMap.ts'
import type { Edit, Unit } from './unit.ts'
import { compareText } from './vector.ts'

/** Made once, since its making costs a fifth of a hash; no hash is under way when the next begins. */
const hash = new SetHash()

/** Of one unit's vector, and per register the edits of its values, with all that they say: 32 hex digits. */
export function unitHash(recordId: string, readClass: string, unit: Unit): string {
  hash.about(recordId, readClass)
  const vector = SortedMap.from(unit.vector)
  for (let i = 0; i < vector.size; i++) {
    hash
      .begin()
      .text(vector.names[i] ?? '')
      .number(vector.items[i] ?? 0)
      .end()
  }
  const registers = SortedMap.from(unit.registers)
  let begun: Edit | undefined
  let aside: Edit | undefined
  for (let i = 0; i < registers.size; i++) {
    for (const { edit } of registers.items[i] ?? []) {
      // Most registers of a record were written by one edit, and others stand between them: what each says is hashed once.
      if (edit !== begun) {
        hash.swap()
        if (edit !== aside) begin(edit)
        aside = begun
        begun = edit
      }
      hash.endWith(registers.names[i] ?? '')
    }
  }
  return hash.hex()
}

/** Whatever makes two edits of one dot two contents (`sameContent`). */
function begin({ actor, counter, tag, stamp, ask, operation, decided }: Edit): void {
  hash.begin().text(actor).number(counter).text(tag).text(stamp)
  if (ask || operation !== undefined || decided) {
    hash
      .number(ask ? 1 : 0)
      .number(operation === undefined ? 0 : 1)
      .text(operation ?? '')
    if (decided) hash.text(decided.conflictId).text(decided.strategy)
  }
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
