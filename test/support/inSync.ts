/** Whether replicas hold the same, and whether their sessions know it. */
import { expect } from 'vitest'
import type { Progress, Session } from '../../model/sync/session.ts'
import type { MemoryReplica } from './memoryReplica.ts'
import { holdingsOf, type Line } from './syncTeam.ts'

export async function expectEqual(scope: string, ...[first, ...others]: MemoryReplica[]): Promise<void> {
  if (!first) throw new Error('nobody to compare')
  const expected = await holdingsOf(first, scope)
  for (const other of others) expect(await holdingsOf(other, scope)).toEqual(expected)
}

export async function progressOf(session: Session, scope: string): Promise<Progress> {
  return (await session.progress(scope)) ?? expect.fail('the peer takes no part in this scope')
}

/** Whether the caller, and then the called, knows that both hold the same. */
export async function equalOn(line: Line, scope: string): Promise<readonly boolean[]> {
  return Promise.all([line.caller, line.called].map(async (session) => (await progressOf(session, scope)).equal))
}
