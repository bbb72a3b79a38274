/** Calls to the server that gave this page. */
import { z } from 'zod'
import { err, ok, type Result } from '../../../model/result.ts'

const TIMEOUT_MS = 10_000

export interface ApiError {
  readonly status: number
  readonly code: string
  readonly message: string
}

const errorBody = z.object({ error: z.string(), code: z.string(), message: z.string().optional() })

/** Calls one route. A reply that is not of the expected shape is an error, as is no reply. */
export async function callApi<T>(
  reply: z.ZodType<T>,
  method: 'GET' | 'POST',
  path: string,
  options: { readonly token?: string; readonly body?: unknown } = {},
): Promise<Result<T, ApiError>> {
  const { token, body } = options
  let response: Response
  let raw: unknown
  try {
    response = await fetch(`/api/offline/${path}`, {
      method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    raw = await response.json()
  } catch (cause) {
    return err({ status: 0, code: 'UNREACHABLE', message: cause instanceof Error ? cause.message : 'no answer' })
  }
  if (!response.ok) {
    const said = errorBody.safeParse(raw)
    return err({
      status: response.status,
      code: said.success ? said.data.code : 'UNKNOWN',
      message: said.success ? (said.data.message ?? said.data.error) : `status ${response.status}`,
    })
  }
  const parsed = reply.safeParse(raw)
  return parsed.success
    ? ok(parsed.data)
    : err({ status: response.status, code: 'UNEXPECTED', message: 'the answer is not understood by this version' })
}
