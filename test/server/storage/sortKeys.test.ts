/** Keys have RxDB's order: compared here with its own index strings, value by value. */
import fc from 'fast-check'
import {
  fillWithDefaultSettings,
  getIndexableStringMonad,
  getStartIndexStringFromLowerBound,
  getStartIndexStringFromUpperBound,
  INDEX_MAX,
  INDEX_MIN,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb'
import { describe, expect, it } from 'vitest'
import { type FieldKeys, fieldKeys, type SortKey } from '../../../server/storage/sortKeys.ts'

type Item = { id: string; value?: unknown }
type Schema = RxJsonSchema<RxDocumentData<Item>>

const RUNS = { numRuns: 1_500 }

function schemaWith(value: object): Schema {
  return fillWithDefaultSettings<Item>({
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id: { type: 'string', maxLength: 10 }, value } as RxJsonSchema<Item>['properties'],
    required: ['id'],
  })
}

/** How SQLite orders two keys: text by its UTF-8 bytes, numbers as numbers. */
function compareKeys(a: SortKey, b: SortKey): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))
}

/** How RxDB orders index strings. */
function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

type Place = { readonly key: SortKey; readonly string: string }

/** Documents, and the starts and ends of ranges, all of which meet in comparisons. */
function places(schema: Schema, keys: FieldKeys) {
  const stringOf = getIndexableStringMonad(schema, ['value'])
  return {
    document: (value: unknown): Place => ({
      key: keys.of(value),
      string: stringOf({ id: 'x', value } as RxDocumentData<Item>),
    }),
    lower: (bound: unknown): Place => ({
      key: keys.lower(bound),
      string: getStartIndexStringFromLowerBound(schema, ['value'], [bound as string]),
    }),
    upper: (bound: unknown): Place => ({
      key: keys.upper(bound),
      string: getStartIndexStringFromUpperBound(schema, ['value'], [bound as string]),
    }),
  }
}

function expectSameOrder(value: object, values: fc.Arbitrary<unknown>): void {
  const schema = schemaWith(value)
  const { document, lower, upper } = places(schema, fieldKeys(schema, 'value'))
  const bound = fc.oneof({ weight: 8, arbitrary: values }, fc.constantFrom(INDEX_MIN, INDEX_MAX, null, undefined))
  const place = fc.oneof(values.map(document), bound.map(lower), bound.map(upper))
  fc.assert(
    fc.property(place, place, (a, b) => {
      expect(compareKeys(a.key, b.key)).toBe(compareStrings(a.string, b.string))
    }),
    RUNS,
  )
}

const CHARACTERS = [
  'a',
  'b',
  '!',
  ' ',
  ' ',
  '\t',
  '\0',
  '\x01',
  '\x1f',
  '\x7f',
  'é',
  '\ud7ff',
  '💍',
  '\ud83d',
  '\udc8d',
]
const texts = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...CHARACTERS, '\ue000', '\uffff'), fc.string({ unit: 'binary', maxLength: 1 })))
    .map((characters) => characters.join('').slice(0, maxLength))

describe('keys have the order of index strings', () => {
  it.each([1, 3, 12])('for text of at most %i characters', (maxLength) => {
    expectSameOrder({ type: 'string', maxLength }, fc.oneof(texts(maxLength), fc.constant('')))
  })

  it.each([
    { minimum: 0, maximum: 99, multipleOf: 1 },
    { minimum: -5, maximum: 5, multipleOf: 0.01 },
    { minimum: 0.5, maximum: 7.25, multipleOf: 0.25 },
    { minimum: 1, maximum: 1_000_000_000_000_000, multipleOf: 0.01 },
  ])('for numbers %o, also for those outside the bounds or between the steps', (bounds) => {
    const { minimum, maximum, multipleOf } = bounds
    const steps = fc.integer({ min: -3, max: 1_000 }).map((step) => minimum + step * multipleOf)
    const any = fc.double({ min: minimum - 10, max: maximum * 1.1, noNaN: true })
    expectSameOrder({ type: 'number', ...bounds }, fc.oneof(steps, any, fc.constantFrom(minimum, maximum)))
  })

  it('for booleans', () => {
    expectSameOrder({ type: 'boolean' }, fc.boolean())
  })

  it('for bounds of another type, which RxDB turns into numbers', () => {
    const schema = schemaWith({ type: 'integer', minimum: 0, maximum: 50, multipleOf: 1 })
    const { document, lower, upper } = places(schema, fieldKeys(schema, 'value'))
    const bounds = [
      ...['7', 'seven', true, Number.NaN, Number.POSITIVE_INFINITY].flatMap((bound) => [lower(bound), upper(bound)]),
    ]
    for (const a of [document(7), document(50), ...bounds]) {
      for (const b of bounds) expect(compareKeys(a.key, b.key)).toBe(compareStrings(a.string, b.string))
    }
  })
})

describe('a value that its index cannot place', () => {
  it.each([
    [{ type: 'string', maxLength: 5 }, 42],
    [{ type: 'integer', minimum: 0, maximum: 50, multipleOf: 1 }, 'seven'],
    [{ type: 'integer', minimum: 0, maximum: 50, multipleOf: 1 }, Number.NaN],
  ])('%o: %o is refused', (value, wrong) => {
    expect(() => fieldKeys(schemaWith(value), 'value').of(wrong)).toThrow(TypeError)
  })

  it('a field of a type without an order is refused when the collection is made', () => {
    expect(() => fieldKeys(schemaWith({ type: 'array', items: { type: 'string' } }), 'value')).toThrow('array')
  })
})
