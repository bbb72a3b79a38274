/** `GET /api/offline/openapi.json` (`cli.md`), as far as a program that reads it has to know beforehand. */
import { z } from 'zod'

/** A JSON Schema of draft 2020-12. */
const jsonSchema = z.record(z.string(), z.unknown())
const content = z.record(z.string(), z.looseObject({ schema: jsonSchema.optional() }))

export const openApiOperation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema: jsonSchema }),
  ),
  requestBody: z.object({ required: z.boolean(), content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: content.optional() })),
  /** Empty for who needs no token. */
  security: z.array(z.record(z.string(), z.array(z.string()))),
})
export type OpenApiOperation = z.infer<typeof openApiOperation>

export const openApiReply = z.looseObject({
  openapi: z.literal('3.1.1'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  /** By path, then by method in lower case. */
  paths: z.record(z.string(), z.record(z.string(), openApiOperation)),
  components: z.looseObject({ schemas: z.record(z.string(), jsonSchema) }),
})
export type OpenApiDocument = z.infer<typeof openApiReply>
