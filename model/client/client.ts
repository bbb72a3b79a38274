/**
 * The REST API as a function per route, derived from the table of routes: what a route takes and gives is what its schemas
 * say, and a reply is taken only if its schema takes it.
 *
 *     const api = createClient(ROUTES, { server: 'http://127.0.0.1:4700', token, fetch })
 *     const page = await api.records({ params: { id: wedding }, query: { table: 'guests' } })
 */
import { z } from 'zod'
import { type RefusalReply, refusalReply } from '../rest/error.ts'
import type { Route } from '../rest/route.ts'
import { err, ok, type Result } from '../result.ts'

/** As much of `fetch` as is used. Time limits and certificates are the business of whoever hands it in. */
export type Fetch = (
  url: string,
  init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<{ readonly status: number; text(): Promise<string> }>

export interface ClientOptions {
  /** Origin of the server; empty for the one that a page came from. */
  readonly server: string
  /** Bearer token; not needed for routes that are for anyone. */
  readonly token?: string
  readonly fetch: Fetch
}

export type ClientError =
  /** No answer, or none to its end. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** The server said no; `message` is for people, `code` for programs. */
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly code: string
      readonly message: string
      readonly reply: RefusalReply
    }
  /** Not an answer that this version understands. */
  | { readonly kind: 'not-understood'; readonly status: number; readonly message: string }

/** Routes by name, of which bodies and replies are JSON. */
export type JsonRoutes = Readonly<Record<string, Route & { readonly carries?: never }>>

type Part = 'params' | 'query' | 'body'
type Wire<R extends Route, P extends Part> = R extends { readonly [K in P]: infer S extends z.ZodType }
  ? z.input<S>
  : undefined
type Nothing = Readonly<Record<never, never>>
type Required<R extends Route> = {
  [P in Part]: Wire<R, P> extends undefined ? never : Nothing extends Wire<R, P> ? never : P
}[Part]
type Optional<R extends Route> = {
  [P in Part]: Wire<R, P> extends undefined ? never : Nothing extends Wire<R, P> ? P : never
}[Part]

/** What a route is called with, as it travels. A part of which everything may be left out may be left out itself. */
export type RequestOf<R extends Route> = { readonly [P in Required<R>]: Wire<R, P> } & {
  readonly [P in Optional<R>]?: Wire<R, P>
}

/** What a route gives back when all went well. */
export type ReplyOf<R extends Route> = R['replies'] extends { readonly 200: infer S extends z.ZodType }
  ? z.output<S>
  : R['replies'] extends { readonly 204: z.ZodType }
    ? undefined
    : never

type Call<R extends Route> =
  Nothing extends RequestOf<R>
    ? (request?: RequestOf<R>) => Promise<Result<ReplyOf<R>, ClientError>>
    : (request: RequestOf<R>) => Promise<Result<ReplyOf<R>, ClientError>>

export type Client<T extends JsonRoutes> = { readonly [Name in keyof T]: Call<T[Name]> }

export function createClient<T extends JsonRoutes>(routes: T, options: ClientOptions): Client<T> {
  const calls = Object.entries(routes).map(([name, route]) => [
    name,
    (request: Loose = {}) => callRoute(route, request, options),
  ])
  // Each function has the types of its own route; as a list, the table has lost that tie.
  return Object.fromEntries(calls) as Client<T>
}

type Loose = { readonly [P in Part]?: unknown }
const texts = z.record(z.string(), z.string().optional())

async function callRoute(
  route: Route,
  { params = {}, query = {}, body }: Loose,
  { server, token, fetch }: ClientOptions,
): Promise<Result<unknown, ClientError>> {
  const url = `${server}/api/offline${filled(route.path, texts.parse(params))}${queryString(texts.parse(query))}`
  const sent = route.body ? (body ?? {}) : undefined
  let status: number
  let text: string
  try {
    const response = await fetch(url, {
      method: route.method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(sent !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(sent !== undefined && { body: JSON.stringify(sent) }),
    })
    status = response.status
    text = await response.text()
  } catch (cause) {
    return err({ kind: 'unreachable', message: cause instanceof Error ? cause.message : String(cause) })
  }
  return understood(route, status, text)
}

function understood({ replies }: Route, status: number, text: string): Result<unknown, ClientError> {
  const json = text === '' ? ok(undefined) : parseJson(text)
  if (!json.ok) return err({ kind: 'not-understood', status, message: 'the answer is not JSON' })
  if (status < 200 || status > 299) {
    const said = refusalReply.safeParse(json.value)
    if (!said.success) return err({ kind: 'not-understood', status, message: `it answered with status ${status}` })
    const { code, message, error } = said.data
    return err({ kind: 'refused', status, code, message: message ?? error, reply: said.data })
  }
  const reply = replies[status]?.safeParse(json.value)
  return reply?.success
    ? ok(reply.data)
    : err({ kind: 'not-understood', status, message: 'this version does not understand the answer' })
}

function parseJson(text: string): Result<unknown, 'not-json'> {
  try {
    return ok(JSON.parse(text))
  } catch {
    return err('not-json')
  }
}

function filled(path: string, params: Readonly<Record<string, string | undefined>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

function queryString(query: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
