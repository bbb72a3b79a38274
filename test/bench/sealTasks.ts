/** Sealing and opening of a record, the same in Node and in a browser. */
import { type CausalRecord, liveValues } from '../../model/merge/record.ts'
import type { Aead } from '../../model/sealing/aead.ts'
import { sealingBorder } from '../../model/sealing/border.ts'
import { createKeyRing } from '../../model/sealing/keyRing.ts'
import type { Border } from '../../model/sync/border.ts'
import { recordEditedBy } from './record.ts'

/** Records of a round. */
export const SEAL_RECORDS = 200
/** As many as a batch of a session has under way. */
const AT_ONCE = 20

export interface SealTasks {
  readonly border: Border
  readonly record: CausalRecord
  readonly sealed: CausalRecord
  /** Of the record. */
  readonly values: number
  /** Seals or opens the record {@link SEAL_RECORDS} times. */
  sealRound(): Promise<void>
  openRound(): Promise<void>
}

export async function sealTasks(aead: Aead): Promise<SealTasks> {
  const root = crypto.getRandomValues(new Uint8Array(32))
  const border = sealingBorder(createKeyRing({ roots: [root], entries: [] }, aead))
  const record = recordEditedBy(5)
  const sealed = await border.outgoing(record)
  return {
    border,
    record,
    sealed,
    values: [...liveValues(record)].length,
    sealRound: () => round(() => border.outgoing(record)),
    openRound: () =>
      round(async () => {
        const opened = await border.incoming(sealed)
        if (!opened.ok) throw new Error(opened.error.reason)
      }),
  }
}

async function round(run: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < SEAL_RECORDS; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, run))
}
