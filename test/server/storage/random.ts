/** Random documents and queries for the comparison with RxDB's memory storage; the same for the same seed. */
import type { MangoQuery, MangoQuerySelector, MangoQuerySortPart, RxJsonSchema } from 'rxdb'

export type Thing = {
  id: string
  name?: string | null
  age?: number
  weight?: number
  isActive?: boolean
  place?: { city?: string }
  tags?: string[]
}

export const thingSchema: RxJsonSchema<Thing> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 20 },
    name: { type: 'string', maxLength: 8 },
    age: { type: 'integer', minimum: 0, maximum: 20, multipleOf: 1 },
    weight: { type: 'number', minimum: -5, maximum: 5, multipleOf: 0.01 },
    isActive: { type: 'boolean' },
    place: { type: 'object', properties: { city: { type: 'string', maxLength: 6 } } },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['id'],
  indexes: ['name', 'age', ['isActive', 'weight'], ['age', 'name'], ['place.city', 'age'], 'id'],
}

/** Astral and combining characters, spaces and controls below the padding, both ends of the code units, half a pair. */
const CHARACTERS = [
  'a',
  'b',
  'Z',
  ' ',
  '\t',
  '\u0000',
  'é',
  'e\u0301',
  'ß',
  '😀',
  '💍',
  '👩🏽‍🍳',
  '\ue000',
  '\ufffd',
  '\uffff',
  '\ud83d',
]
const WELL_FORMED = CHARACTERS.filter((character) => character.isWellFormed())
const SORTABLE = ['id', 'name', 'age', 'weight', 'isActive', 'place.city'] as const
const INDEXES = [['id'], ['name'], ['age'], ['isActive', 'weight'], ['age', 'name'], ['place.city', 'age']]

export type Random = {
  /** An integer from 0 to `end - 1`. */
  below: (end: number) => number
  chance: (probability: number) => boolean
  pick: <T>(from: readonly T[]) => T
}

/** Mulberry32 by Tommy Ettinger (public domain). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
  }
}

function text(random: Random, from: readonly string[], longest: number): string {
  return Array.from({ length: random.below(longest + 1) }, () => random.pick(from)).join('')
}

export const randomId = (random: Random): string => `${text(random, WELL_FORMED, 1)}${random.below(30)}`.trim()

/** Fields come and go, some outgrow their maxLength or bounds: nothing in between validates them. */
export function randomThing(random: Random, id: string): Thing {
  const thing: Thing = { id }
  if (random.chance(0.85))
    thing.name = random.chance(0.1) ? null : text(random, CHARACTERS, random.chance(0.1) ? 12 : 3)
  if (random.chance(0.85)) thing.age = random.below(random.chance(0.1) ? 40 : 12)
  if (random.chance(0.85)) thing.weight = (random.below(1200) - 600) / 100
  if (random.chance(0.85)) thing.isActive = random.chance(0.5)
  if (random.chance(0.7)) thing.place = random.chance(0.8) ? { city: text(random, CHARACTERS, 2) } : {}
  if (random.chance(0.5))
    thing.tags = Array.from({ length: random.below(4) }, () => random.pick(['vegan', 'child', '💍']))
  return thing
}

function valueFor(random: Random, field: string): string | number | boolean | null {
  switch (field) {
    case 'id':
      return randomId(random)
    case 'age':
      return random.below(14) - 1
    case 'weight':
      return (random.below(1400) - 700) / 100
    case 'isActive':
      return random.chance(0.5)
    default:
      return random.chance(0.05) ? null : text(random, CHARACTERS, 2)
  }
}

function condition(random: Random, field: string): unknown {
  const value = () => valueFor(random, field)
  switch (random.below(13)) {
    case 0:
    case 1:
      return { $eq: value() }
    case 2:
      return { $gt: value() }
    case 3:
      return { $gte: value() }
    case 4:
      return { $lt: value() }
    case 5:
      return { $lte: value() }
    case 6:
      return { $gt: value(), $lte: value() }
    case 7:
      return { $in: [value(), value(), value()] }
    case 8:
      return { $nin: [value(), value()] }
    case 9:
      return { $ne: value() }
    case 10:
      return { $exists: random.chance(0.5) }
    case 11:
      return { $not: { $gte: value() } }
    default:
      return field === 'name' ? { $regex: random.pick(['a', '^b', '💍', 'e\u0301$', '[a-z]']) } : value()
  }
}

function selector(random: Random, depth: number): MangoQuerySelector<Thing> {
  const made: Record<string, unknown> = {}
  for (let conditions = random.below(3) + (depth > 0 ? 1 : 0); conditions > 0; conditions -= 1) {
    const field = random.pick(SORTABLE)
    made[field] = condition(random, field)
  }
  if (random.chance(0.1)) made.tags = random.pick([{ $elemMatch: { $eq: 'vegan' } }, { $size: 2 }, { $in: ['💍'] }])
  if (depth < 2 && random.chance(0.2)) {
    made[random.pick(['$and', '$or', '$nor'])] = [selector(random, depth + 1), selector(random, depth + 1)]
  }
  return made
}

export function randomQuery(random: Random): MangoQuery<Thing> {
  const query: MangoQuery<Thing> = { selector: selector(random, 0) }
  if (random.chance(0.7)) {
    const fields = random.chance(0.5) ? random.pick(INDEXES) : [random.pick(SORTABLE), random.pick(SORTABLE)]
    const direction = random.chance(0.7) ? 'asc' : undefined
    query.sort = [...new Set(fields)].map(
      (field) => ({ [field]: direction ?? random.pick(['asc', 'desc']) }) as MangoQuerySortPart<Thing>,
    )
  }
  if (random.chance(0.3)) query.skip = random.below(6)
  if (random.chance(0.4)) query.limit = random.below(8)
  if (random.chance(0.15)) query.index = random.pick(INDEXES)
  return query
}
