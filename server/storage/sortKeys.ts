/**
 * The value of an indexed field as a value that SQLite puts in RxDB's order.
 *
 * RxDB orders documents by index strings: each field padded to a fixed length, one after the other, compared by UTF-16
 * code unit. Its query plans are ranges of such strings, and what they do to odd values (numbers outside their bounds,
 * missing fields, trailing spaces) decides which documents a query finds. A key here is smaller, equal or greater
 * exactly when the padded part of the index string is, for every value that the schema allows, but it is a third of
 * its size:
 *
 *     'Zoë 💍', maxLength 100   ->  TEXT 'Zoë \u{1083d}\u{1048d} '    where RxDB has 94 spaces behind it
 *     41.5, multipleOf 0.5      ->  REAL 41.5                         where RxDB has '0415'
 *     undefined, boolean        ->  INTEGER 0                         where RxDB has '0'
 */
import {
  getSchemaByObjectPath,
  getStringLengthOfIndexNumber,
  INDEX_MAX,
  INDEX_MIN,
  type JsonSchema,
  type RxJsonSchema,
} from 'rxdb'

/** Change it when keys change: columns get other names, and tables are re-indexed when next opened. */
const ENCODING = 'typed-1'

export type SortKey = string | number

export type FieldKeys = {
  readonly sqlType: 'TEXT' | 'REAL' | 'INTEGER'
  /** Everything that decides the keys. */
  readonly signature: readonly unknown[]
  /** @throws TypeError when a document has a value of another type in this field than the schema says */
  readonly of: (value: unknown) => SortKey
  /** The start and the end of a range in a query plan; RxDB's marks for "the least" and "the greatest" included. */
  readonly lower: (bound: unknown) => SortKey
  readonly upper: (bound: unknown) => SortKey
}

/** @throws when RxDB could not index the field either */
export function fieldKeys<RxDocType>(schema: RxJsonSchema<RxDocType>, field: string): FieldKeys {
  const part = getSchemaByObjectPath(schema, field)
  const { type, maxLength, minimum, maximum, multipleOf } = part
  const signature = [ENCODING, field, type, maxLength, minimum, maximum, multipleOf]
  switch (type) {
    case 'string':
      return { sqlType: 'TEXT', signature, ...textKeys(field, maxLength ?? 0) }
    case 'number':
    case 'integer':
      return { sqlType: 'REAL', signature, ...numberKeys(field, part) }
    case 'boolean':
      return { sqlType: 'INTEGER', signature, ...booleanKeys }
    default:
      throw new Error(`field ${field} cannot be indexed: its type is ${String(type)}`)
  }
}

type Keys = Pick<FieldKeys, 'of' | 'lower' | 'upper'>

function textKeys(field: string, maxLength: number): Keys {
  const least = textKey('\u0000'.repeat(maxLength))
  const greatest = textKey(INDEX_MAX.repeat(maxLength))
  return {
    of(value) {
      if (!value) return textKey('')
      if (typeof value !== 'string') throw new TypeError(`${field} is not a string`)
      return textKey(value)
    },
    lower(bound) {
      if (typeof bound !== 'string') return least
      return bound === INDEX_MAX ? greatest : textKey(bound)
    },
    upper(bound) {
      if (typeof bound === 'string' && bound !== INDEX_MAX) return textKey(bound)
      return bound === INDEX_MIN ? least : greatest
    },
  }
}

const PLAIN = /^[ -\ud7ff]*[!-\ud7ff]$/
const PADDING = /(?<! ) +$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /(?<! )( *)([\0-\x1f])/g
const LATE = /[\ud800-\uffff]/g

/**
 * Text whose UTF-8 bytes have the order of the space-padded text's UTF-16 code units.
 *
 * - One space at the end stands for all the padding, so a text that ends here is greater than one that goes on with a
 *   control character and smaller than one that goes on with a letter.
 * - A control character becomes `\0` and itself. Spaces before one become `\1` and their number: "a \t" is smaller than
 *   "a", which ends in more spaces.
 * - UTF-8 puts the private use area and other late characters before the emoji, UTF-16 behind them. Code units from
 *   U+D800 become one character each, beyond U+FFFF and in their own order.
 */
export function textKey(text: string): string {
  if (PLAIN.test(text)) return `${text} `
  const escaped = text
    .replace(PADDING, '')
    .replace(CONTROL, (_match, spaces: string, control: string) =>
      spaces === '' ? `\0${control}` : `\x01${String.fromCharCode(0x20 + spaces.length)}\0${control}`,
    )
    .replace(LATE, (unit) => String.fromCodePoint(0x10000 + unit.charCodeAt(0) - 0xd800))
  return `${escaped} `
}

function numberKeys(field: string, part: JsonSchema): Keys {
  const { minimum, maximum, roundedMinimum, multiplier, nonDecimals } = getStringLengthOfIndexNumber(part)
  const join = (whole: number, steps: number): number => whole + steps / multiplier
  /** RxDB's digits as a number: clipped to the bounds, cut to as many decimals as `multipleOf` has. */
  const keyOf = (value: number): number => {
    const clipped = Math.min(Math.max(value, minimum), maximum)
    const whole = Math.floor(clipped)
    return join(whole, Math.min(Math.round((clipped - whole) * multiplier), multiplier - 1))
  }
  const least = join(roundedMinimum, 0)
  /** All digits 9. */
  const greatest = join(roundedMinimum + 10 ** nonDecimals - 1, multiplier - 1)
  const boundary = (bound: unknown): number => {
    const key = keyOf(bound === undefined ? 0 : Number(bound))
    // RxDB writes 'NaN', which comes after all digits.
    return Number.isNaN(key) ? Number.POSITIVE_INFINITY : key
  }
  return {
    of(value) {
      const number = value ?? 0
      if (typeof number !== 'number' || Number.isNaN(number)) throw new TypeError(`${field} is not a number`)
      return keyOf(number)
    },
    lower(bound) {
      if (bound === null || bound === INDEX_MIN) return least
      return bound === INDEX_MAX ? keyOf(maximum) : boundary(bound)
    },
    upper(bound) {
      if (bound === null || bound === INDEX_MAX) return greatest
      return bound === INDEX_MIN ? least : boundary(bound)
    },
  }
}

const booleanKeys: Keys = {
  of: (value) => (value ? 1 : 0),
  lower: (bound) => (bound === INDEX_MIN || !bound ? 0 : 1),
  upper: (bound) => (bound === INDEX_MIN || !(bound === null || bound) ? 0 : 1),
}
