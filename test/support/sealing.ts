import type { CausalRecord } from '../../model/merge/record.ts'
import { sealingBorder } from '../../model/sealing/border.ts'
import { createKeyRing, type KeyEntry } from '../../model/sealing/keyRing.ts'
import type { Border } from '../../model/sync/border.ts'
import { nodeAead } from '../../server/identity/nodeAead.ts'

/** 32 bytes that are the same for the same number. */
export function secretOf(n: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(32).fill(n)
}

/** The border of a device that reads everything, of the n-th team. */
export function teamBorder(n = 1, entries: readonly KeyEntry[] = []): Border {
  return sealingBorder(createKeyRing({ roots: [secretOf(n)], entries }, nodeAead))
}

/** The border of a device that holds these keys and no others. */
export function borderOf(entries: readonly KeyEntry[]): Border {
  return sealingBorder(createKeyRing({ entries }, nodeAead))
}

/** The record as it comes in again, which must be possible. */
export async function opened(border: Border, record: CausalRecord): Promise<CausalRecord> {
  const back = await border.incoming(record)
  if (!back.ok) throw new Error(back.error.reason)
  return back.value
}
