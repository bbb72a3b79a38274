/** What sealing costs, on a record of twelve fields that five people edited: per value, per record, and in bytes. */
import { encodeRecord } from '../../model/merge/codec.ts'
import type { CausalRecord } from '../../model/merge/record.ts'
import { nodeAead } from '../../server/identity/nodeAead.ts'
import { median, rounded } from './median.ts'
import { perSecond } from './rate.ts'
import type { Figure } from './run.ts'
import { SEAL_RECORDS, sealTasks } from './sealTasks.ts'

const ROUNDS = 5

export async function seal(): Promise<readonly Figure[]> {
  const { border, record, sealed, values, sealRound, openRound } = await sealTasks(nodeAead)
  const seals = await recordsPerSecond(sealRound)
  const opens = await recordsPerSecond(openRound)
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
export async function recordsPerSecond(round: () => Promise<void>): Promise<number> {
  const rates: number[] = []
  for (let n = 0; n <= ROUNDS; n++) {
    const before = process.cpuUsage()
    await round()
    const { user, system } = process.cpuUsage(before)
    rates.push(SEAL_RECORDS / ((user + system) / 1e6))
  }
  return median(rates.slice(1))
}
