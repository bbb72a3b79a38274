/** What is known of a request besides what it says: its id, and who the caller is. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import type { Origin } from '../audit/trail.ts'
import type { Caller } from './context.ts'

interface RequestState {
  readonly requestId: string
  caller?: Caller
  route?: string
}

// Not on `response.locals`, where everything is `any`.
const states = new WeakMap<IncomingMessage, RequestState>()

function stateOf(request: IncomingMessage): RequestState {
  const state = states.get(request) ?? { requestId: randomUUID() }
  states.set(request, state)
  return state
}

export function requestIdOf(request: IncomingMessage): string {
  return stateOf(request).requestId
}

export function setCaller(request: IncomingMessage, caller: Caller): void {
  stateOf(request).caller = caller
}

/** The name of the route in the table, once one has taken the request. */
export function setRoute(request: IncomingMessage, name: string): void {
  stateOf(request).route = name
}

/** `none` for a request that no route of the table has taken: it was refused before, or is not for one. */
export function routeOf(request: IncomingMessage): string {
  return stateOf(request).route ?? 'none'
}

/** Where a request came from, as far as it says so. */
export function originOf({ ip, headers }: Pick<Request, 'ip' | 'headers'>): Origin {
  return { ip, userAgent: headers['user-agent'] }
}

/** The caller, if the request has got as far as to have one. */
export function knownCallerOf(request: IncomingMessage): Caller | undefined {
  return stateOf(request).caller
}

/** Of a request that has passed `authentication`; anything else is a route mounted in the wrong place. */
export function callerOf(request: IncomingMessage): Caller {
  const { caller } = stateOf(request)
  if (!caller) throw new Error('the caller was asked for before the request was authenticated')
  return caller
}
