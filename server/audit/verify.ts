/** Everything that can be said against an audit, in words for a person. */
import { verifyLinks } from './chain.ts'
import { headFaults, type KeptHeads } from './head.ts'
import type { AuditLog } from './log.ts'

/** @param kept the heads that were kept elsewhere; absent where none are kept, as at the cloud */
export async function auditFaults(log: AuditLog, kept: KeptHeads | undefined): Promise<readonly string[]> {
  const faults: string[] = []
  for (const chain of await log.chains()) {
    for (const { seq, what } of await verifyLinks(log.links(chain)))
      faults.push(`entry ${seq} of chain ${chain}: ${what}`)
  }
  return kept ? [...faults, ...(await headFaults(log, kept))] : faults
}
