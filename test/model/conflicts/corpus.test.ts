/** Every situation of the corpus through the real merge, and how much of it settles without a person. */
import { afterAll, describe, expect, it } from 'vitest'
import { canonicalJson } from '../../../model/canonicalJson.ts'
import { encodeRecord } from '../../../model/merge/codec.ts'
import type { CausalRecord } from '../../../model/merge/record.ts'
import { isDeleted, viewRecord } from '../../../model/merge/view.ts'
import { mayWrite } from '../../../model/roles.ts'
import { fieldOf, TABLES, tableNamed, WEDDING_TABLES } from '../../../model/tables/index.ts'
import { validateData } from '../../../model/tables/validate.ts'
import { OUR_TABLES } from '../tables/specification.ts'
import {
  asked,
  isMeeting,
  type Move,
  merged,
  orders,
  queueOf,
  readCorpus,
  rivals,
  type Situation,
  statesOf,
} from './corpus.ts'

const GOAL = 0.8
const LEAST = 300

const corpus = readCorpus()
const themes = Map.groupBy(corpus, ({ theme }) => theme)
/** Those that were played and left nothing to decide. */
const settled = new Set<Situation>()
const played = new Set<Situation>()

describe.each([...themes])('%s', (_theme, situations) => {
  it.each(situations.map((situation) => [situation.title, situation] as const))('%s', (_title, situation) => {
    const states = statesOf(situation)
    const arrivals = orders(states).map(merged)
    const [together] = arrivals
    if (!together) throw new Error('nothing arrived')
    const queue = queueOf(together)
    for (const other of arrivals) {
      expect(textOf(other.values())).toEqual(textOf(together.values()))
      expect(queueOf(other)).toEqual(queue)
    }
    const { expected } = situation
    for (const [key, fields] of Object.entries(expected.visible)) {
      const record = together.get(key)
      if (!record) throw new Error(`no record ${key}`)
      const shown = viewRecord(record).data
      for (const [field, value] of Object.entries(fields)) {
        expect([field, plain(situation, field, shown[field])]).toEqual([field, plain(situation, field, value)])
      }
      for (const [field, pieces] of Object.entries(expected.contains)) {
        for (const piece of pieces) expect(shown[field]).toContain(piece)
      }
    }
    const gone = [...together].filter(([, record]) => isDeleted(record)).map(([key]) => key)
    expect(gone).toEqual(expected.deleted)
    if (expected.asks === 'operation') {
      expect(queue).toHaveLength(1)
      expect(queue[0]?.operation).toBeDefined()
    } else {
      expect(asked(together, queue)).toEqual(expected.asks)
      expect(queue.every(({ operation }) => operation === undefined)).toBe(true)
    }
    expect(queue.length === 0).toBe(expected.settles)
    for (const { sentence } of queue) expect(sentence).toMatch(/^\S.+[.]$/)
    played.add(situation)
    if (queue.length === 0) settled.add(situation)
  })
})

describe('the corpus', () => {
  it('is large, varied, and names every situation once', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(LEAST)
    expect(new Set(corpus.map(({ title }) => title)).size).toBe(corpus.length)
    const covered = new Set(corpus.map(({ table }) => table))
    const byPeople = [...TABLES.values()].filter(({ name }) => !OUR_TABLES.includes(name))
    const editable = byPeople.filter(({ appendOnly }) => !appendOnly)
    expect(editable.filter(({ name }) => !covered.has(name)).map(({ name }) => name)).toEqual([])
  })

  it('[4] has two people meet in every field of a wedding that is for a person to decide', () => {
    const left = WEDDING_TABLES.flatMap((table) =>
      Object.keys(tableNamed(table).fields)
        .filter((field) => fieldOf(tableNamed(table), field).policy === 'ask')
        .filter((field) => !corpus.some((each) => each.table === table && isContested(each, field)))
        .map((field) => `${table}.${field}`),
    )
    expect(left).toEqual([])
  })

  it('holds only what may be stored, and what the role of its writer may write', () => {
    for (const situation of corpus) {
      const faults = Object.values(situation.records).flatMap((base) => validateData(situation.table, base, 'create'))
      expect([situation.title, faults]).toEqual([situation.title, []])
      for (const move of situation.edits) {
        for (const change of Object.values(move.set)) {
          const fields = change === 'delete' ? [] : Object.keys(change)
          const data = change === 'delete' ? {} : change
          expect([situation.title, validateData(situation.table, data, 'update')]).toEqual([situation.title, []])
          expect([situation.title, move.who, mayMake(situation, move, fields)]).toEqual([
            situation.title,
            move.who,
            true,
          ])
        }
      }
    }
  })

  it('lets no field settle alone that is for a person to decide', () => {
    for (const situation of corpus) {
      const together = merged(statesOf(situation))
      const waiting = asked(together, queueOf(together))
      for (const [key, record] of together) {
        if (isDeleted(record)) continue
        for (const field of writtenFields(situation, key)) {
          if (fieldOf(tableNamed(situation.table), field).policy !== 'ask') continue
          const isWaiting = waiting.includes(`${key}.${field}`)
          expect([situation.title, field, isWaiting]).toEqual([
            situation.title,
            field,
            rivals(situation, key, field) > 1,
          ])
        }
      }
    }
  })

  it('settles at least four of five without a person', () => {
    expect(played.size).toBe(corpus.length)
    expect(share(corpus)).toBeGreaterThanOrEqual(GOAL)
  })

  afterAll(() => {
    const lines = [...themes].map(([theme, members]) => `${theme.padEnd(12)} ${told(members)}`)
    const meetings = corpus.filter(isMeeting)
    console.log(
      [
        ...lines,
        `settled without a person: ${told(corpus)}`,
        `of those in which two people wrote one field or deleted: ${told(meetings)}`,
      ].join('\n'),
    )
  })
})

function isContested(situation: Situation, field: string): boolean {
  return Object.keys(situation.records).some((key) => rivals(situation, key, field) > 1)
}

function share(situations: readonly Situation[]): number {
  return situations.filter((situation) => settled.has(situation)).length / situations.length
}

function told(situations: readonly Situation[]): string {
  const percent = (100 * share(situations)).toFixed(1)
  return `${situations.filter((each) => settled.has(each)).length} of ${situations.length} (${percent} %)`
}

/** Members of a set in any order. */
function plain({ table }: Situation, field: string, value: unknown): unknown {
  const isSet = fieldOf(tableNamed(table), field).policy === 'set'
  return isSet && Array.isArray(value) ? value.map(String).sort() : value
}

function textOf(records: Iterable<CausalRecord>): readonly string[] {
  return [...records].map((record) => canonicalJson(encodeRecord(record))).sort()
}

function writtenFields({ edits }: Situation, key: string): ReadonlySet<string> {
  return new Set(
    edits.flatMap(({ set }) => {
      const change = set[key]
      return typeof change === 'object' ? Object.keys(change) : []
    }),
  )
}

/** What `tables.md` gives a vendor of its own; which rows are its own is not in a role. */
const OWN_OF_VENDORS: Readonly<Record<string, readonly string[] | 'all'>> = {
  vendors: 'all',
  timeline_items: ['status'],
  issues: 'all',
  tasks: 'all',
}

/** The couple's answers come in over a form, whoever writes them down; a team record is the owner's and planners'. */
function mayMake({ table }: Situation, { role }: Move, fields: readonly string[]): boolean {
  if (role !== 'vendor') return mayWrite(role, table, fields) || !WEDDING_TABLES.includes(table)
  const own = OWN_OF_VENDORS[table]
  return own === 'all' || (own !== undefined && fields.every((field) => own.includes(field)))
}
