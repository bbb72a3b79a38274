/** `GET /cache/wedding/:date`: what a device loads before the day (`wedsync-api.md` §1.8, §2.2). */
import { z } from 'zod'
import { viewRecord } from '../../model/merge/view.ts'
import type { PreloadReply } from '../../model/rest/preload.ts'
import type { RecordRow } from '../../model/rest/records.ts'
import { WEDDING_TABLES } from '../../model/tables/index.ts'
import type { ServerContext } from './context.ts'
import { invalid } from './errors.ts'
import type { People, PeopleOf } from './people.ts'
import { recordsIn, weddingsFor } from './reading.ts'
import type { Handlers } from './router.ts'
import { type Sight, sightOf } from './sight.ts'
import type { Summaries } from './weddingSummary.ts'
import { rowOf } from './weddingsRoutes.ts'

/** What the day cannot run without first (§2.2, "critical"), then what is important, then the rest. */
const FIRST = [
  'weddings',
  'timeline_items',
  'vendor_contacts',
  'vendors',
  'photo_groups',
  'photo_group_members',
  'issues',
]
const ORDER: readonly string[] = [...FIRST, 'tasks', 'forms', ...WEDDING_TABLES.filter((name) => !FIRST.includes(name))]
const TABLES = [...new Set(ORDER)]

/** Place, in the order in which rows are given out: table, wedding, and the last id of the page before. */
const place = z.tuple([z.string(), z.string(), z.string()])

export function preloadHandlers(
  context: ServerContext,
  summaries: Summaries,
  people: PeopleOf,
  now: () => number,
): Pick<Handlers, 'preload'> {
  return {
    async preload({ caller, params: { date }, query: { cursor, limit } }): Promise<PreloadReply> {
      const from = cursor === undefined ? undefined : decode(cursor)
      const weddings: PreloadReply['weddings'] = []
      const sight = await sightOf(context, caller)
      for (const id of await weddingsFor(context, caller)) {
        const { deleted, date: day, name, records, digest } = await summaries(id, sight)
        if (!deleted && day === date) weddings.push({ id, name, records, digest })
      }
      const ids = weddings.map(({ id }) => id)
      const page = await pageFrom(context, sight, ids, from, limit, await people(caller.team))
      return { success: true, date, weddings, ...page, timestamp: new Date(now()).toISOString() }
    },
  }
}

function decode(cursor: string): z.infer<typeof place> {
  const parsed = place.safeParse(Buffer.from(cursor, 'base64url').toString('utf8').split(' '))
  if (!parsed.success) throw invalid(['cursor: Not a cursor of this list'])
  return parsed.data
}

async function pageFrom(
  { stores: { changes } }: ServerContext,
  { view }: Sight,
  weddings: readonly string[],
  from: z.infer<typeof place> | undefined,
  limit: number,
  people: People,
): Promise<Pick<PreloadReply, 'records' | 'cursor' | 'hasMore'>> {
  const records: RecordRow[] = []
  let last: string | null = null
  for (const table of TABLES) {
    for (const weddingId of weddings) {
      if (from && isBefore(table, weddingId, from)) continue
      const after = from && table === from[0] && weddingId === from[1] ? from[2] : undefined
      const start = { table, ...(after !== undefined && { after }) }
      for await (const record of recordsIn(changes, weddingId, start, limit + 1)) {
        const row = viewRecord(record).deleted ? undefined : rowOf(record, view, people)
        if (!row) continue
        if (records.length === limit) return { records, cursor: last, hasMore: true }
        records.push(row)
        last = Buffer.from([table, weddingId, row.id].join(' ')).toString('base64url')
      }
    }
  }
  return { records, cursor: last, hasMore: false }
}

function isBefore(table: string, weddingId: string, [lastTable, lastWedding]: z.infer<typeof place>): boolean {
  const order = TABLES.indexOf(table) - TABLES.indexOf(lastTable)
  return order < 0 || (order === 0 && weddingId < lastWedding)
}
