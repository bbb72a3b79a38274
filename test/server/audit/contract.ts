/** What an audit promises, whatever database it is in. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { type Link, verifyLinks } from '../../../server/audit/chain.ts'
import { type AuditEntry, auditEntry } from '../../../server/audit/entry.ts'
import type { AuditLog } from '../../../server/audit/log.ts'
import { forgetOldIn } from '../../../server/audit/retention.ts'
import type { Run } from '../../../server/audit/sql.ts'
import { createTrail } from '../../../server/audit/trail.ts'
import { auditFaults } from '../../../server/audit/verify.ts'

export interface OpenAudit {
  readonly log: AuditLog
  /** For whoever tampers. */
  readonly run: Run
  close(): Promise<void>
}

export function entry(more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    entryId: randomUUID(),
    event: 'sync',
    phase: 'done',
    operationId: randomUUID(),
    actor: 'user',
    resource: 'POST /sync',
    timestamp: { timestamp: '2026-09-12T12:00:00.000Z', timezone: 'UTC', deviceTime: null },
    user: { id: 'u', role: 'planner', deviceId: 'd', sessionId: null },
    security: { ip: '127.0.0.1', userAgent: null, risk: 0 },
    classification: 'confidential',
    details: { changes: 3 },
    ...more,
  }
}

async function linksOf(log: AuditLog, chain: string): Promise<readonly Link[]> {
  const links: Link[] = []
  for await (const link of log.links(chain)) links.push(link)
  return links
}

export function auditContract(name: string, open: () => Promise<OpenAudit>): void {
  describe(`the audit on ${name}`, () => {
    let audit: OpenAudit
    beforeAll(async () => {
      audit = await open()
    }, 120_000)
    afterAll(() => audit.close())

    /** A chain of its own with five entries. */
    async function chainOfFive(): Promise<string> {
      const chain = randomUUID()
      for (let n = 1; n <= 5; n++) await audit.log.append(chain, entry({ details: { n } }))
      return chain
    }

    const faultsOf = async (chain: string) =>
      (await verifyLinks(audit.log.links(chain))).map(({ seq, what }) => `${seq}: ${what}`)

    it('keeps entries in their order, each with the hash of the one before', async () => {
      const chain = await chainOfFive()
      const links = await linksOf(audit.log, chain)
      expect(links.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
      expect(links.map(({ entry: text }) => auditEntry.parse(JSON.parse(text)).details.n)).toEqual([1, 2, 3, 4, 5])
      expect(links.slice(1).map(({ previousHash }) => previousHash)).toEqual(links.slice(0, 4).map(({ hash }) => hash))
      expect(await audit.log.head(chain)).toEqual({ seq: 5, hash: links[4]?.hash })
      expect(await faultsOf(chain)).toEqual([])
    })

    it('is whole when many write at once, each in their own chain', async () => {
      const chains = [randomUUID(), randomUUID()]
      await Promise.all(Array.from({ length: 120 }, (_, n) => audit.log.append(chains[n % 2] ?? '', entry())))
      for (const chain of chains) {
        expect((await audit.log.head(chain)).seq).toBe(60)
        expect(await faultsOf(chain)).toEqual([])
      }
    })

    const SOMETHING = canonicalJson(entry({ details: { forged: true } }))

    it.each([
      ['changed', `UPDATE audit SET entry = $2 WHERE chain = $1 AND seq = 3`, ['3: it was changed']],
      [
        'taken out',
        `DELETE FROM audit WHERE chain = $1 AND seq = 3 AND entry <> $2`,
        ['4: 1 entries are missing before it'],
      ],
      [
        'put in',
        `INSERT INTO audit (chain, seq, entry, previous_hash, hash)
         SELECT chain, 6, CAST($2 AS text), hash, previous_hash FROM audit WHERE chain = $1 AND seq = 5`,
        ['6: it was changed'],
      ],
    ])('an entry that was %s is found', async (_how, statement, faults) => {
      const chain = await chainOfFive()
      await audit.run(statement, [chain, SOMETHING])
      expect(await faultsOf(chain)).toEqual(faults)
      expect((await auditFaults(audit.log, undefined)).filter((fault) => fault.includes(chain))).toHaveLength(1)
    })

    it('entries that changed places are found', async () => {
      const chain = await chainOfFive()
      for (const [from, to] of [
        [2, 99],
        [3, 2],
        [99, 3],
      ]) {
        await audit.run('UPDATE audit SET seq = $2 WHERE chain = $1 AND seq = $3', [chain, to, from])
      }
      expect((await faultsOf(chain)).map((fault) => fault[0])).toEqual(['2', '2', '3', '3', '4'])
    })

    it('an entry put in with the others renumbered is found', async () => {
      const chain = await chainOfFive()
      await audit.run('UPDATE audit SET seq = seq + 100 WHERE chain = $1 AND seq >= 3', [chain])
      await audit.run('UPDATE audit SET seq = seq - 99 WHERE chain = $1 AND seq >= 100', [chain])
      const made = await linksOf(audit.log, chain)
      const { hash = '' } = made[1] ?? {}
      await audit.run('INSERT INTO audit (chain, seq, entry, previous_hash, hash) VALUES ($1, 3, $2, $3, $4)', [
        chain,
        SOMETHING,
        hash,
        'f'.repeat(64),
      ])
      expect(await faultsOf(chain)).toContain(
        '4: it does not follow the entry before it: one was put in, taken out or moved',
      )
    })

    describe('after what is old was forgotten', () => {
      const NOW = Date.parse('2027-06-12T12:00:00.000Z')
      const daysAgo = (days: number) => new Date(NOW - days * 86_400_000).toISOString()

      /** A chain of entries that are so many days old, after its round. */
      async function forgotten(...ages: readonly number[]): Promise<string> {
        const chain = randomUUID()
        for (const age of ages) {
          const timestamp = { timestamp: daysAgo(age), timezone: 'UTC' as const, deviceTime: null }
          await audit.log.append(chain, entry({ timestamp, details: { age } }))
        }
        await forgetOldIn(audit.log, chain, NOW)
        return chain
      }
      const kept = async (chain: string) =>
        (await linksOf(audit.log, chain)).map((link) => {
          const { event, details } = auditEntry.parse(JSON.parse(link.entry))
          return event === 'audit' ? `up to ${String(details.removedTo)}` : details.age
        })

      it('it holds the others, and an entry that says up to where it was cut', async () => {
        const chain = await forgotten(200, 91, 89, 1)
        expect(await kept(chain)).toEqual([89, 1, 'up to 2'])
        expect(await faultsOf(chain)).toEqual([])
        expect((await audit.log.head(chain)).seq).toBe(5)
        await audit.log.append(chain, entry({ details: { age: 0 } }))
        await forgetOldIn(audit.log, chain, NOW + 10 * 86_400_000)
        expect(await kept(chain)).toEqual([1, 'up to 2', 0, 'up to 3'])
        expect(await faultsOf(chain)).toEqual([])
      })

      it('nothing is cut where nothing is old, and the newest entry stays however old it is', async () => {
        expect(await kept(await forgotten(89, 1))).toEqual([89, 1])
        const chain = await forgotten(300, 200)
        expect(await kept(chain)).toEqual([200, 'up to 1'])
        expect(await faultsOf(chain)).toEqual([])
      })

      it('whatever was taken away besides is found', async () => {
        const more = await forgotten(200, 91, 89, 1)
        await audit.run('DELETE FROM audit WHERE chain = $1 AND seq = 3', [more])
        expect(await faultsOf(more)).toEqual(['4: 3 entries are missing before it'])
        const unsaid = await forgotten(200, 91, 89, 1)
        await audit.run('DELETE FROM audit WHERE chain = $1 AND seq = 5', [unsaid])
        expect(await faultsOf(unsaid)).toEqual(['3: 2 entries are missing before it'])
      })

      it('a cut that was not finished is no fault', async () => {
        const chain = await forgotten(200, 91, 89, 1)
        const [first] = await linksOf(audit.log, chain)
        expect(first?.seq).toBe(3)
        const whole = randomUUID()
        await audit.log.append(whole, entry())
        const { hash, seq: removedTo } = await audit.log.head(whole)
        await audit.log.append(whole, entry({ event: 'audit', details: { removedTo, hash } }))
        expect(await faultsOf(whole)).toEqual([])
      })
    })

    it('an operation stands in it before it is done and after, under one id', async () => {
      const chain = randomUUID()
      const trail = createTrail(audit.log, chain)
      let before = 0
      const subject = { event: 'resolution', resource: 'PUT /sync/resolve', details: { strategy: 'skip' } } as const
      const conflictId = randomUUID()
      const result = await trail.run(
        subject,
        async () => {
          before = (await audit.log.head(chain)).seq
          return 7
        },
        () => [{ phase: 'done', conflictId, action: 'resolved' }],
      )
      const entries = (await linksOf(audit.log, chain)).map((link) => auditEntry.parse(JSON.parse(link.entry)))
      expect([result, before]).toEqual([7, 1])
      expect(entries).toMatchObject([
        { phase: 'begun', event: 'resolution', details: { strategy: 'skip' } },
        { phase: 'done', conflictId, action: 'resolved' },
      ])
      expect(new Set(entries.map(({ operationId }) => operationId)).size).toBe(1)
    })
  })
}
