/** What sealing costs, on a record of twelve fields that five people edited: per value, per record, and in bytes. */
import { randomBytes } from 'node:crypto'
import { encodeRecord } from '../../model/merge/codec.ts'
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import { webCryptoAead } from '../../model/sealing/aead.ts'
import { sealingBorder } from '../../model/sealing/border.ts'
import { createKeyRing } from '../../model/sealing/keyRing.ts'
import { median, rounded } from './median.ts'
import { perSecond } from './rate.ts'
import { recordEditedBy } from './record.ts'
import type { Figure } from './run.ts'

const ROUNDS = 5
const RECORDS = 200
/** As many as a batch of a session has under way. */
const AT_ONCE = 20

export async function seal(): Promise<readonly Figure[]> {
  const root = new Uint8Array(randomBytes(32))
  const border = sealingBorder(createKeyRing({ root, entries: [] }, webCryptoAead(globalThis.crypto.subtle)))
  const record = recordEditedBy(5)
  const sealed = await border.outgoing(record)
  const values = [...liveValues(record)].length
  const seals = await recordsPerSecond(() => border.outgoing(record))
  const opens = await recordsPerSecond(async () => {
    const opened = await border.incoming(sealed)
    if (!opened.ok) throw new Error(opened.error.reason)
  })
  const size = (one: CausalRecord): number => JSON.stringify(encodeRecord(one)).length
  return [
    { name: 'values sealed', value: rounded(seals * values), unit: '/s' },
    { name: 'values opened', value: rounded(opens * values), unit: '/s' },
    { name: `records of ${values} values sealed`, value: rounded(seals), unit: '/s' },
    { name: `records of ${values} values opened`, value: rounded(opens), unit: '/s' },
    perSecond('outlines of a record (for its digest)', () => border.outline(record)),
    { name: 'size of the record, open', value: size(record), unit: 'characters' },
    { name: 'size of the record, sealed', value: size(sealed), unit: 'characters' },
  ]
}

/** By processor time of all threads, since Web Crypto works on threads of its own. The median of five rounds. */
async function recordsPerSecond(run: () => Promise<unknown>): Promise<number> {
  const rates: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let done = 0; done < RECORDS; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, run))
    const { user, system } = process.cpuUsage(before)
    rates.push(RECORDS / ((user + system) / 1e6))
  }
  return median(rates.slice(1))
}
