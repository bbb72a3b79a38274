/** Random schemas, documents and queries for the comparison with RxDB's memory storage; the same for the same seed. */
import {
  fillWithDefaultSettings,
  type MangoQuery,
  type MangoQuerySelector,
  type MangoQuerySortPart,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb'

export type Thing = { id: string } & Record<string, unknown>

type Field =
  | { readonly path: string; readonly type: 'string'; readonly maxLength: number }
  | {
      readonly path: string
      readonly type: 'number' | 'integer'
      readonly minimum: number
      readonly maximum: number
      readonly multipleOf: number
    }
  | { readonly path: string; readonly type: 'boolean' }

/** A collection to compare: its schema, and what the documents and queries are made from. */
export type Shape = {
  readonly schema: RxJsonSchema<RxDocumentData<Thing>>
  readonly fields: readonly Field[]
  readonly indexes: readonly (readonly string[])[]
}

/** Astral and combining characters, spaces and controls below the padding, both ends of the code units, half a pair. */
const CHARACTERS = [
  ...['a', 'b', 'Z', ' ', ' ', '!', '\t', '\u0000', '\u001f', '\u007f', 'é', 'e\u0301', 'ß', '\ud7ff'],
  ...['😀', '💍', '👩🏽‍🍳', '\ue000', '\ufffd', '\uffff', '\ud83d', '\udc8d'],
]
const WELL_FORMED = CHARACTERS.filter((character) => character.isWellFormed() && character !== ' ')
const LENGTHS = [1, 3, 8, 30]
const NUMBERS = [
  { minimum: 0, maximum: 20, multipleOf: 1 },
  { minimum: 0, maximum: 99, multipleOf: 1 },
  { minimum: -5, maximum: 5, multipleOf: 0.01 },
  { minimum: -1000, maximum: 1_000_000, multipleOf: 0.5 },
  { minimum: 3, maximum: 9, multipleOf: 0.001 },
  { minimum: 0, maximum: 2 ** 40, multipleOf: 1 },
]

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

/** One to five fields of any type that RxDB can index, some inside an object, with up to four indexes over them. */
export function randomShape(random: Random): Shape {
  const fields = Array.from({ length: 1 + random.below(5) }, (_, position) => randomField(random, position))
  const paths = ['id', ...fields.map(({ path }) => path)]
  const indexes = Array.from({ length: random.below(5) }, () => [
    ...new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick(paths))),
  ])
  const properties: Record<string, object> = { id: { type: 'string', maxLength: 20 } }
  const inner: Record<string, object> = {}
  for (const { path, ...rest } of fields) {
    if (path.startsWith('in.')) inner[path.slice(3)] = rest
    else properties[path] = rest
  }
  const schema = fillWithDefaultSettings<Thing>({
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: {
      ...properties,
      in: { type: 'object', properties: inner },
      tags: { type: 'array', items: { type: 'string' } },
    } as RxJsonSchema<Thing>['properties'],
    required: ['id'],
    indexes,
  })
  return { schema, fields: [{ path: 'id', type: 'string', maxLength: 20 }, ...fields], indexes }
}

function randomField(random: Random, position: number): Field {
  const path = `${random.chance(0.25) ? 'in.' : ''}f${position}`
  const kind = random.below(5)
  if (kind < 2) return { path, type: 'string', maxLength: random.pick(LENGTHS) }
  if (kind === 2) return { path, type: 'boolean' }
  const bounds = random.pick(NUMBERS)
  return { path, type: bounds.multipleOf === 1 && kind === 3 ? 'integer' : 'number', ...bounds }
}

function text(random: Random, from: readonly string[], maxLength: number): string {
  const longest = Math.min(maxLength, 4)
  const made = Array.from({ length: random.below(longest + 1) }, () => random.pick(from)).join('')
  return made.slice(0, maxLength)
}

/** All ids that documents can have: few, so that random calls meet. */
export const IDS: readonly string[] = Array.from({ length: 6 }, (_, number) =>
  ['', ...WELL_FORMED].map((character) => `${character}${number}`),
).flat()

export const randomId = (random: Random): string => random.pick(IDS)

/** A value that the schema allows; a number may also lie outside its bounds, where RxDB has a rule for it. */
function randomValue(random: Random, field: Field): string | number | boolean {
  switch (field.type) {
    case 'boolean':
      return random.chance(0.5)
    case 'string':
      return field.path === 'id' ? randomId(random) : text(random, CHARACTERS, field.maxLength)
    default: {
      const { minimum, maximum, multipleOf } = field
      if (random.chance(0.05)) return random.pick([minimum - 1, maximum + 1, maximum * 2])
      if (random.chance(0.1)) return random.pick([minimum, maximum])
      const steps = Math.min((maximum - minimum) / multipleOf, random.pick([10, 1_000, 2 ** 40]))
      return Number((minimum + random.below(steps + 1) * multipleOf).toFixed(3))
    }
  }
}

/** Fields come and go: nothing in between asks for those that are required. */
export function randomThing(random: Random, { fields }: Shape, id: string): Thing {
  const thing: Thing = { id }
  const inner: Record<string, unknown> = {}
  for (const field of fields) {
    if (field.path === 'id' || random.chance(0.15)) continue
    const value = field.type === 'string' && random.chance(0.05) ? null : randomValue(random, field)
    if (field.path.startsWith('in.')) inner[field.path.slice(3)] = value
    else thing[field.path] = value
  }
  if (random.chance(0.8)) thing.in = inner
  if (random.chance(0.5)) {
    thing.tags = Array.from({ length: random.below(4) }, () => random.pick(['vegan', 'child', '💍']))
  }
  return thing
}

function condition(random: Random, field: Field): unknown {
  const value = (): unknown => (random.chance(0.03) ? null : randomValue(random, field))
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
      return field.type === 'string' ? { $regex: random.pick(['a', '^b', '💍', 'e\u0301$', '[a-z]']) } : value()
  }
}

function selector(random: Random, { fields }: Shape, depth: number): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (let conditions = random.below(3) + (depth > 0 ? 1 : 0); conditions > 0; conditions -= 1) {
    const field = random.pick(fields)
    made[field.path] = condition(random, field)
  }
  if (depth === 0 && random.chance(0.7)) made._deleted = { $eq: random.chance(0.1) }
  if (random.chance(0.1)) made.tags = random.pick([{ $elemMatch: { $eq: 'vegan' } }, { $size: 2 }, { $in: ['💍'] }])
  if (depth < 2 && random.chance(0.2)) {
    const shape = { fields } as Shape
    made[random.pick(['$and', '$or', '$nor'])] = [
      selector(random, shape, depth + 1),
      selector(random, shape, depth + 1),
    ]
  }
  return made
}

export function randomQuery(random: Random, shape: Shape): MangoQuery<RxDocumentData<Thing>> {
  const query: MangoQuery<RxDocumentData<Thing>> = {
    selector: selector(random, shape, 0) as MangoQuerySelector<RxDocumentData<Thing>>,
  }
  if (random.chance(0.7)) {
    const some = [random.pick(shape.fields).path, random.pick(shape.fields).path]
    const sorted = shape.indexes.length > 0 && random.chance(0.5) ? random.pick(shape.indexes) : some
    const direction = random.chance(0.7) ? 'asc' : undefined
    query.sort = [...new Set(sorted)].map(
      (field) => ({ [field]: direction ?? random.pick(['asc', 'desc']) }) as MangoQuerySortPart<RxDocumentData<Thing>>,
    )
  }
  if (random.chance(0.3)) query.skip = random.below(6)
  if (random.chance(0.4)) query.limit = random.below(8)
  if (random.chance(0.15)) query.index = [...(random.pick(shape.schema.indexes ?? []) as readonly string[])]
  return query
}
