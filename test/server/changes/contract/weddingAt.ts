/** A wedding as it was at a moment. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Data, deleteRecord } from '../../../../model/merge/edit.ts'
import type { CausalRecord } from '../../../../model/merge/record.ts'
import { ana, author, ben, cleo, edit, guest, join, timelineItem } from '../people.ts'
import { encoded } from '../storeCalls.ts'
import type { StoreUnderTest } from './store.ts'

export function weddingAtContract(store: StoreUnderTest): void {
  const { put } = store

  describe('a wedding as it was', () => {
    it('is, at every moment, exactly what the replica held then, whatever people did', async () => {
      const seed = Number(process.env.HISTORY_SEED ?? Date.now() % 1_000_000)
      const random = randomFrom(seed)
      const scope = randomUUID()
      const moments: { readonly ms: number; readonly held: readonly string[] }[] = []
      for (let step = 0; step < 40; step++) {
        const current = await store.changes.inScope(scope)
        await put(...randomStep(scope, current, random))
        await nextMillisecond()
        moments.push({ ms: Date.now(), held: (await store.changes.inScope(scope)).map(encoded) })
        await nextMillisecond()
      }
      for (const { ms, held } of moments) {
        const then = await store.history.weddingAt(scope, ms)
        expect(then.ok && then.value.map(encoded), `seed ${seed}`).toEqual(held)
      }
    })

    it('leaves out values that lost at once, which never stood in it', async () => {
      const item = timelineItem(randomUUID())
      await put(item)
      const { stamp } = author(ben)
      const lost = { readClass: 'open', register: 'title', actor: ben, counter: 0, stamp, value: 'late' }
      await store.history.keep(item.id, [lost])
      await nextMillisecond()
      const then = await store.history.weddingAt(item.scope, Date.now())
      expect(then.ok && then.value.map(encoded)).toEqual([encoded(item)])
    })

    it('cannot be told for a moment before this replica had it', async () => {
      const before = Date.now()
      await nextMillisecond()
      const item = timelineItem(randomUUID())
      await put(item)
      const then = await store.history.weddingAt(item.scope, before)
      expect(then.ok || then.error.kind).toBe('before-history')
      expect(!then.ok && then.error.sinceMs).toBeGreaterThan(before)
    })
  })
}

async function nextMillisecond(): Promise<void> {
  const now = Date.now()
  while (Date.now() === now) await sleep(1)
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One thing that people do: create, edit (also two at once), decide, delete, bring back. */
function randomStep(scope: string, current: readonly CausalRecord[], random: () => number): readonly CausalRecord[] {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)]
  const who = pick([ana, ben, cleo]) ?? ana
  const record = pick(current)
  if (!record || random() < 0.2) return [guest(scope, { name: `Guest ${random()}`, tags: ['a', 'b'] }, who)]
  const data = () =>
    pick<Data>([
      { name: `Dana ${random()}` },
      { dietary: `no nuts ${random()}`, email: 'dana@example.org' },
      { notes: `A note ${random()}` },
      { tags: random() < 0.5 ? ['b', 'c'] : ['a'] },
    ]) ?? {}
  const action = random()
  if (action < 0.2) return [deleteRecord(record, author(who))]
  if (action < 0.5) return [join(edit(record, data(), ana), edit(record, data(), ben))]
  return [edit(record, data(), who)]
}
