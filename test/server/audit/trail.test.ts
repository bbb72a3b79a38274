import { expect, it } from 'vitest'
import { type AuditEntry, masked } from '../../../server/audit/entry.ts'
import type { AuditLog } from '../../../server/audit/log.ts'
import { AuditUnavailable, createTrail } from '../../../server/audit/trail.ts'

/** Takes entries until the disk is full. */
function logWithRoomFor(room: number): AuditLog & { readonly entries: AuditEntry[] } {
  const entries: AuditEntry[] = []
  return {
    entries,
    async append(_chain, entry) {
      if (entries.length >= room) throw new Error('disk full')
      entries.push(entry)
    },
    chains: async () => [],
    head: async () => ({ seq: entries.length, hash: '' }),
    removeTo: async () => undefined,
    async *links() {},
  }
}

const subject = { event: 'sync', resource: 'POST /sync' } as const

it('what cannot be put on record is not begun', async () => {
  const trail = createTrail(logWithRoomFor(0), 'server')
  let isDone = false
  const work = async () => {
    isDone = true
  }
  await expect(trail.run(subject, work, () => [])).rejects.toBeInstanceOf(AuditUnavailable)
  expect(isDone).toBe(false)
})

it('what was refused and what failed are told apart, and the caller hears the fault itself', async () => {
  const log = logWithRoomFor(10)
  const trail = createTrail(log, 'server')
  const refusal = Object.assign(new Error('no'), { status: 403, code: 'FORBIDDEN' })
  const fault = new TypeError('mine')
  await expect(
    trail.run(
      subject,
      () => Promise.reject(refusal),
      () => [],
    ),
  ).rejects.toBe(refusal)
  await expect(
    trail.run(
      subject,
      () => Promise.reject(fault),
      () => [],
    ),
  ).rejects.toBe(fault)
  expect(log.entries.map(({ phase, details }) => [phase, details.reason])).toEqual([
    ['begun', undefined],
    ['refused', 'FORBIDDEN'],
    ['begun', undefined],
    ['failed', 'TypeError'],
  ])
  expect([trail.hasNoted(refusal), trail.hasNoted(new Error('other'))]).toEqual([true, false])
})

it('a beginning that no commit takes along is written with the end, also of what was refused', async () => {
  const log = logWithRoomFor(10)
  const trail = createTrail({ ...log, inCommit: () => () => undefined }, 'server')
  await trail.runInCommit(
    subject,
    async ({ inCommit, noteCommitted }) => {
      inCommit?.()
      noteCommitted()
    },
    () => [{ phase: 'done' }],
  )
  const phases = () => log.entries.map(({ phase }) => phase)
  expect(phases()).toEqual(['done'])
  await trail.runInCommit(
    subject,
    async () => undefined,
    () => [{ phase: 'done' }],
  )
  expect(phases()).toEqual(['done', 'begun', 'done'])
  const refusal = Object.assign(new Error('no'), { status: 403 })
  await expect(
    trail.runInCommit(
      subject,
      () => Promise.reject(refusal),
      () => [],
    ),
  ).rejects.toBe(refusal)
  expect(phases()).toEqual(['done', 'begun', 'done', 'begun', 'refused'])
})

it('a beginning that goes by itself is on its way while work reads, and nothing is written before it is there', async () => {
  const log = logWithRoomFor(10)
  let arrives: () => void = () => undefined
  const onItsWay = new Promise<void>((resolve) => {
    arrives = resolve
  })
  const append: AuditLog['append'] = async (chain, entry) => {
    await onItsWay
    await log.append(chain, entry)
  }
  const done: string[] = []
  const running = createTrail({ ...log, append }, 'server').runInCommit(
    subject,
    async ({ beforeWriting }) => {
      done.push('read')
      await beforeWriting()
      done.push('wrote')
    },
    () => [{ phase: 'done' }],
  )
  await Promise.resolve()
  expect([done, log.entries]).toEqual([['read'], []])
  arrives()
  await running
  expect([done, log.entries.map(({ phase }) => phase)]).toEqual([
    ['read', 'wrote'],
    ['begun', 'done'],
  ])
})

it('what reads before it is put on record writes nothing if that cannot be done', async () => {
  const done: string[] = []
  const running = createTrail(logWithRoomFor(0), 'server').runInCommit(
    subject,
    async ({ beforeWriting }) => {
      done.push('read')
      await beforeWriting()
      done.push('wrote')
    },
    () => [],
  )
  await expect(running).rejects.toBeInstanceOf(AuditUnavailable)
  expect(done).toEqual(['read'])
})

it('e-mail addresses, tokens and secrets are masked at every depth', () => {
  const token = `ws1.${'a'.repeat(20)}.${'b'.repeat(20)}`
  expect(
    masked({
      note: `write to ana.silva@example.org with Bearer abc or ${token}`,
      deep: [{ token, secret: 'x', changes: 3 }],
      userComment: 'c'.repeat(1_000),
    }),
  ).toEqual({
    note: 'write to [e-mail] with [token] or [token]',
    deep: [{ token: '[secret]', secret: '[secret]', changes: 3 }],
    userComment: 'c'.repeat(300),
  })
})
