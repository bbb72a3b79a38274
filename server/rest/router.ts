/**
 * Makes a router of the table of routes: for each call, in this order, who asks, whether the body is JSON, whether the
 * route is for them, whether what they sent is as the schemas say; then the handler.
 */
import type { Request, RequestHandler, Response, Router } from 'express'
import type { z } from 'zod'
import { DOORS, type Input, type Method, type Route, type Success } from '../../model/rest/route.ts'
import { ALL_ROUTES, type RouteName, type Routes } from '../../model/rest/routes.ts'
import type { Origin } from '../audit/trail.ts'
import type { Caller } from './context.ts'
import { echoing, forbidden, HttpError, methodNotAllowed, parseInput, parseOrListIssues } from './errors.ts'
import { callerOf, originOf, requestIdOf, setRoute } from './requestState.ts'

export interface Call<R extends Route> {
  readonly params: Input<R, 'params'>
  readonly query: Input<R, 'query'>
  readonly body: Input<R, 'body'>
  readonly requestId: string
  readonly origin: Origin
  /** Of a route that is not for anyone. */
  readonly caller: Caller
}

export type Handler<R extends Route> = (call: Call<R>) => Promise<Success<R>>

/** One handler for each route that answers; what is only planned has none. */
export type Handlers = {
  readonly [Name in RouteName as Success<Routes[Name]> extends never ? never : Name]: Handler<Routes[Name]>
}

type AnyHandler = (call: Call<Route>) => Promise<unknown>

/** Routes of which an unknown caller may know the answer. To be mounted before whatever asks for a token. */
export function servePublicRoutes(router: Router, handlers: Handlers): void {
  serve(router, handlers, ({ access }) => access === 'anyone')
}

/** All others. To be mounted behind whatever asks for a token and reads the body. */
export function serveMemberRoutes(router: Router, handlers: Handlers): void {
  serve(router, handlers, ({ access }) => access !== 'anyone')
}

function serve(router: Router, handlers: Handlers, which: (route: Route) => boolean): void {
  const byPath = Map.groupBy(ALL_ROUTES.filter(which), ({ path }) => path)
  // A path without a parameter first, since the pattern of its neighbour with one would take it too.
  const paths = [...byPath].sort(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))
  for (const [path, routes] of paths) {
    const place = router.route(patternOf(path))
    for (const each of routes) register(place, each.method, handlerOf(each, handlers))
    place.all(methodNotAllowed)
  }
}

/** A path that ends before its last parameter is that route with the parameter left out: 400 and not 404. */
function patternOf(path: string): string {
  return path.replace(/\/(:\w+)$/, '{/$1}')
}

function register(place: ReturnType<Router['route']>, method: Method, handler: RequestHandler): void {
  const verbs: Readonly<Record<Method, () => ReturnType<Router['route']>>> = {
    GET: () => place.get(handler),
    HEAD: () => place.head(handler),
    POST: () => place.post(handler),
    PUT: () => place.put(handler),
    DELETE: () => place.delete(handler),
  }
  verbs[method]()
}

function handlerOf(route: (typeof ALL_ROUTES)[number], handlers: Handlers): RequestHandler {
  // Each name has the handler of its own route; as a list, the table has lost that tie.
  const handler = (handlers as Readonly<Record<string, unknown>>)[route.name] as AnyHandler | undefined
  return async (request, response) => {
    setRoute(request, route.name)
    const reply = await echoing({}, async () => {
      if (route.access !== 'anyone') {
        const { admits, otherwise } = DOORS[route.access]
        if (!admits(callerOf(request).grant)) throw forbidden(otherwise)
      }
      const call = callOf(route, request)
      if (route.channel) throw new HttpError(426, 'UPGRADE_REQUIRED', 'This is a WebSocket: ask for an upgrade')
      if (!handler) throw new HttpError(501, 'NOT_IMPLEMENTED', 'This route is planned and not built yet')
      return handler(call)
    })
    answer(request, response, reply)
  }
}

function callOf(route: Route, request: Request): Call<Route> {
  const { params, query, body, faults } = route
  const parse = <T>(schema: z.ZodType<T> | undefined, raw: unknown): T | undefined => {
    if (!schema) return undefined
    return faults === 'issues' ? parseOrListIssues(schema, raw) : parseInput(schema, raw)
  }
  const call: Omit<Call<Route>, 'params' | 'query' | 'body'> = {
    requestId: requestIdOf(request),
    origin: originOf(request),
    get caller() {
      return callerOf(request)
    },
  }
  const input = {
    params: parse(params, request.params),
    query: parse(query, request.query),
    body: parse(body, request.body),
  }
  // The schemas have just made the input what the route says that it is.
  return Object.defineProperties(input, Object.getOwnPropertyDescriptors(call)) as Call<Route>
}

function answer(request: Request, response: Response, reply: unknown): void {
  if (reply === undefined) response.status(204).end()
  else if (request.method === 'GET' || request.method === 'HEAD') response.json(reply)
  // Nobody asks whether the answer to what they sent is still the same, so it is not hashed for an ETag.
  else response.type('json').end(JSON.stringify(reply))
}
