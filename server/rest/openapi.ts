/** The OpenAPI 3.1 document of a list of routes: their zod schemas as JSON Schema of draft 2020-12. */
import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { bytes } from '../../model/rest/blobs.ts'
import {
  conflictError,
  conflictGone,
  deviceError,
  errorReply,
  issuesReply,
  serverError,
  sessionError,
} from '../../model/rest/error.ts'
import type { OpenApiDocument, OpenApiOperation } from '../../model/rest/openapi.ts'
import type { NamedRoute } from '../../model/rest/routes.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** What many routes answer stands in the document once. */
const SHARED: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [errorReply, 'Error'],
  [issuesReply, 'ErrorWithIssues'],
  [serverError, 'ServerError'],
  [sessionError, 'SessionError'],
  [deviceError, 'DeviceError'],
  [conflictGone, 'ConflictGone'],
  [conflictError, 'ConflictError'],
])

export function openApiDocument(routes: readonly NamedRoute[], version: string): OpenApiDocument {
  const byPath = Map.groupBy(routes, ({ path }) => path.replace(/:(\w+)/g, '{$1}'))
  return {
    openapi: '3.1.1',
    info: {
      title: 'WedSync Hub',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'The same on every install, hub and cloud; `x-servers` names those that have a route where not all do. ' +
        'Bodies have at most 5 MB; fields that a schema does not name are dropped.',
    },
    servers: [{ url: '/api/offline' }],
    paths: Object.fromEntries(
      [...byPath].map(([path, group]) => [
        path,
        Object.fromEntries(group.map((route) => [route.method.toLowerCase(), operation(route)])),
      ]),
    ),
    components: {
      schemas: Object.fromEntries([...SHARED].map(([schema, name]) => [name, jsonSchemaOf(schema)])),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}

function operation(route: NamedRoute): OpenApiOperation {
  const { name, summary, access, at, body } = route
  return {
    operationId: name,
    summary,
    parameters: [...parameters(route, 'path'), ...parameters(route, 'query')],
    ...(body && { requestBody: { required: !body.safeParse({}).success, content: contentOf(body) } }),
    responses: responses(route),
    security: access === 'anyone' ? [] : [{ token: [] }],
    'x-access': access,
    ...(at && { 'x-servers': at }),
  }
}

function parameters(route: NamedRoute, place: 'path' | 'query'): OpenApiOperation['parameters'] {
  const schema = place === 'path' ? route.params : route.query
  if (!schema) return []
  const { properties = {}, required = [] } = objectSchema.parse(jsonSchemaOf(schema))
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: each,
  }))
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  required: z.array(z.string()).optional(),
})

function responses({ replies, method, carries, channel }: NamedRoute): OpenApiOperation['responses'] {
  const said = Object.entries(replies).map(([status, schema]) => {
    const description = STATUS_CODES[status] ?? status
    if (method === 'HEAD' || schema instanceof z.ZodUndefined) return [status, { description }] as const
    if (carries === 'page' && status === '200') return [status, { description, content: { 'text/html': {} } }] as const
    return [status, { description, content: contentOf(schema) }] as const
  })
  // 405, 503 and 507 can come of any route.
  const otherwise = { description: 'Any other refusal', content: contentOf(errorReply) }
  // OpenAPI has no words for sockets: the schema here is that of each message which the server then sends.
  const upgraded = channel && { 101: { description: 'A WebSocket of such messages', content: contentOf(channel) } }
  return { ...upgraded, ...Object.fromEntries(said), default: otherwise }
}

function contentOf(schema: z.ZodType): NonNullable<OpenApiOperation['requestBody']>['content'] {
  if (schema === bytes) return { 'application/octet-stream': {} }
  const shared = SHARED.get(schema)
  const form = shared === undefined ? jsonSchemaOf(schema) : { $ref: `#/components/schemas/${shared}` }
  return { 'application/json': { schema: form } }
}

/** As it travels: what a request may leave out is not required, and what a transform makes of it is nobody's business. */
function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...form } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return form
}
