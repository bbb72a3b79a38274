/**
 * Requests made from the OpenAPI document: as each route wants them, with something hostile in any place of it now and then;
 * and bodies that are hostile as a whole.
 */
import fc from 'fast-check'
import type { OpenApiDocument, OpenApiOperation } from '../../../model/rest/openapi.ts'
import { TABLES } from '../../../model/tables/index.ts'

export interface FuzzRequest {
  readonly operationId: string
  readonly method: string
  /** Below the base path, with its query. */
  readonly path: string
  readonly caller: string
  readonly contentType: string
  readonly body: string | undefined
}

interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
}

const SQL = `'; DROP TABLE records; --`
const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  SQL,
  `" OR 1=1 --`,
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  '%00%ff%c0%af',
  '\u202e\ufeff',
  '-1',
  '1e999',
  'NaN',
  '9007199254740993',
  '2027-02-30T00:00:00Z',
  '0000-00-00T00:00:00Z',
  '2027-06-12T10:00:00+02:00',
  'x'.repeat(501),
  'ü'.repeat(100_001),
]
const hostileText = fc.constantFrom(...TEXTS)
const own = (pairs: readonly (readonly [string, unknown])[]) => Object.fromEntries(pairs)
const nested = (levels: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}
const hostile: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, -1, 0.5, 1e308, -0, 2 ** 53, [], {}, [[]], [null], nested(17), nested(60)),
  fc.constantFrom(
    own([['__proto__', { isAdmin: true }]]),
    own([['constructor', { prototype: { isAdmin: true } }]]),
    own([['length', 1e9]]),
    own([['$sealed', { keyId: '\u0000', data: SQL }]]),
    own([[SQL, SQL]]),
  ),
)
/** Bodies that no schema makes. */
const hostileBody = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      '',
      'null',
      '[]',
      '"',
      '{',
      '{"a":}',
      '\u0000',
      'undefined',
      '1e999',
      '{}{}',
      '\ufeff{}',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('['.repeat(20_000), '{"a":'.repeat(20_000), '['.repeat(200_000) + ']'.repeat(200_000)),
  },
  { weight: 4, arbitrary: hostile.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom('5 MB').map(() => JSON.stringify({ changes: 'x'.repeat(5_000_000) })) },
  { weight: 1, arbitrary: fc.constantFrom('6 MB').map(() => JSON.stringify({ changes: 'x'.repeat(6_000_000) })) },
)

const FIELDS = ['title', 'startTime', 'name', 'notes', 'dietary', 'cost', 'status', 'wedding_id', 'tags', 'location']

/** What requests may name of what is really there, and who sends them. */
export interface FuzzTargets {
  readonly ids: readonly string[]
  /** By operation; each one's usual callers otherwise. */
  callersOf(operationId: string): readonly string[]
}

export function requestsFrom(
  document: OpenApiDocument,
  targets: FuzzTargets,
  server: string,
): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => isAt(operation, server))
      .map(([method, operation]) => requestOf(method.toUpperCase(), path, operation, targets)),
  )
  return fc.oneof(...operations)
}

function isAt(operation: OpenApiOperation, server: string): boolean {
  const servers = operation['x-servers'] as readonly string[] | undefined
  return servers?.includes(server) ?? true
}

function requestOf(
  method: string,
  path: string,
  { operationId, parameters, requestBody }: OpenApiOperation,
  targets: FuzzTargets,
): fc.Arbitrary<FuzzRequest> {
  const someOf = valuesFrom(targets.ids)
  const places = parameters.map(({ name, in: place, required, schema }) =>
    (required ? someOf(schema) : fc.option(someOf(schema), { nil: undefined })).map((value) => ({
      name,
      place,
      value,
    })),
  )
  const [contentType = 'application/json', content] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const wanted = content?.schema ? someOf(content.schema).map((value) => JSON.stringify(value)) : hostileText
  const body = fc.oneof({ weight: 6, arbitrary: wanted }, { weight: 1, arbitrary: hostileBody })
  return fc
    .record({
      caller: fc.constantFrom(...targets.callersOf(operationId)),
      places: fc.tuple(...places),
      more: fc.option(
        fc.constantFrom('limit=1&limit=2', 'a[b][__proto__]=c', '%', '&&==', '%00=%ff', 'cursor=%ed%a0%80'),
        {
          nil: undefined,
          freq: 8,
        },
      ),
      body: requestBody ? body : fc.constant(undefined),
    })
    .map(({ caller, places: given, more, body: sent }) => {
      const filled = given
        .filter(({ place }) => place === 'path')
        .reduce((url, { name, value }) => url.replace(`{${name}}`, encoded(value)), path)
      const query = given.flatMap(({ name, place, value }) =>
        place === 'query' && value !== undefined ? [`${name}=${encoded(value)}`] : [],
      )
      const whole = [...query, ...(more === undefined ? [] : [more])].join('&')
      return {
        operationId,
        method,
        path: whole === '' ? filled : `${filled}?${whole}`,
        caller,
        contentType,
        body: sent,
      }
    })
}

/** At most as long as a server takes the first line of a request. */
function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return encodeURIComponent(text.toWellFormed().slice(0, 1_000))
}

/** Values that a schema describes, of which one in some twenty is hostile, at any depth. */
function valuesFrom(ids: readonly string[]): (schema: JsonSchema) => fc.Arbitrary<unknown> {
  const id = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ids) }, { weight: 1, arbitrary: fc.uuid() })
  const data = fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...FIELDS), hostileText), fc.oneof(fc.string(), hostile, id)), {
      maxLength: 3,
    })
    .map(own)
  const someOf = (schema: JsonSchema): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 20, arbitrary: proper(schema) }, { weight: 1, arbitrary: hostile })

  function proper(schema: JsonSchema): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    const choices = schema.anyOf ?? schema.oneOf
    if (choices) return fc.oneof(...choices.map(proper))
    switch (schema.type) {
      case 'object': {
        const { properties, required = [] } = schema
        if (!properties) return data
        const parts = Object.fromEntries(
          Object.entries(properties).map(([name, part]) => [name, name === 'table' ? table : someOf(part)]),
        )
        return fc.record(parts, { requiredKeys: [...required] })
      }
      case 'array':
        return fc.array(someOf(schema.items ?? {}), { maxLength: 3 })
      case 'string':
        return text(schema)
      case 'integer':
        return fc.integer({ min: schema.minimum ?? -10, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) })
      case 'number':
        return fc.double()
      case 'boolean':
        return fc.boolean()
      case 'null':
        return fc.constant(null)
      default:
        return fc.jsonValue()
    }
  }

  function text({ format, pattern, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
    if (format === 'uuid') return id
    if (format === 'date-time') {
      const [min, max] = [new Date('2026-01-01'), new Date('2028-01-01')]
      return fc.date({ min, max, noInvalidDate: true }).map((date) => date.toISOString())
    }
    if (pattern !== undefined && !/\(\?/.test(pattern)) return fc.stringMatching(new RegExp(pattern))
    return fc.oneof(id, fc.string({ minLength, maxLength: Math.min(maxLength, 40) }))
  }

  const table = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...TABLES.keys()) },
    { weight: 1, arbitrary: hostileText },
  )
  return someOf
}
