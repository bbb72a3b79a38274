/**
 * Forgets what is older than it has to be kept, without a gap that could not be told from tampering: an entry says up to
 * where the chain was cut and with which hash, and only then the entries go. So a chain begins with its first entry, or
 * right behind a cut that stands in the chain itself; anything else is a fault.
 */
import type { ChainCut } from './chain.ts'
import { auditEntry } from './entry.ts'
import type { AuditLog } from './log.ts'
import { createTrail } from './trail.ts'

/** `wedsync-api.md` §2.4. */
const AUDIT_DAYS = 90

const DAY_MS = 86_400_000

/**
 * Forgets in every chain. One that cannot be read or written does not keep the others from it.
 * @param nowMs wall clock, ms since 1970 UTC
 */
export async function forgetOldEntries(
  log: AuditLog,
  nowMs: number,
  onProblem: (problem: unknown) => void,
): Promise<void> {
  for (const chain of await log.chains()) {
    try {
      await forgetOldIn(log, chain, nowMs)
    } catch (problem) {
      onProblem(problem)
    }
  }
}

export async function forgetOldIn(log: AuditLog, chain: string, nowMs: number): Promise<void> {
  const cut = await lastBefore(log, chain, nowMs - AUDIT_DAYS * DAY_MS)
  if (!cut) return
  const details: ChainCut = { removedTo: cut.seq, hash: cut.hash }
  await createTrail(log, chain, () => nowMs).note({ event: 'audit', resource: 'retention', details }, { phase: 'done' })
  await log.removeTo(chain, cut.seq)
}

/** Of the entries at the beginning that are all older, the last. The newest entry of a chain always stays. */
async function lastBefore(
  log: AuditLog,
  chain: string,
  horizonMs: number,
): Promise<{ readonly seq: number; readonly hash: string } | undefined> {
  const head = await log.head(chain)
  let last: { readonly seq: number; readonly hash: string } | undefined
  for await (const { seq, hash, entry } of log.links(chain)) {
    const { timestamp } = auditEntry.parse(JSON.parse(entry)).timestamp
    if (seq === head.seq || Date.parse(timestamp) >= horizonMs) break
    last = { seq, hash }
  }
  return last
}
