/** What a route of the REST API is, as data: the router is built from it, and the OpenAPI document. */
import type { z } from 'zod'
import { type Grant, mayServeAsHub } from '../roles.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

/** Who may call a route at all. Which weddings, records and fields they may touch is looked at by the call itself. */
export type Access = 'anyone' | 'member' | 'owner' | 'inviter' | 'hub keeper'

interface Door {
  readonly admits: (grant: Grant) => boolean
  /** Told to whoever is not admitted. */
  readonly otherwise: string
}

/** The members that a route is for. `anyone` needs no token at all. */
export const DOORS: Readonly<Record<Exclude<Access, 'anyone'>, Door>> = {
  member: { admits: () => true, otherwise: 'Only a member of the team may do this' },
  owner: { admits: ({ role }) => role === 'owner', otherwise: 'Only an owner of the team may do this' },
  inviter: {
    admits: (grant) => grant.role === 'owner' || mayServeAsHub(grant),
    otherwise: 'This caller may not let others into the team',
  },
  'hub keeper': { admits: mayServeAsHub, otherwise: 'Only a device that may read everything may be a hub' },
}

export interface Route {
  readonly method: Method
  /** Below `/api/offline`, with parameters as `:name`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** What comes back, by status. A route without a status of success is planned, and answers 501. */
  readonly replies: Readonly<Record<number, z.ZodType>>
  /** A WebSocket: what one message of the server is. A plain request for it is answered 426. */
  readonly channel?: z.ZodType
  /** How a fault of the schema is told: in sentences (the usual way), or as the list of issues that §0 asks of two routes. */
  readonly faults?: 'issues'
  /** What travels if it is not JSON: a body or a reply of bytes, a page for people, or messages after an upgrade (101). */
  readonly carries?: 'bytes' | 'page' | 'messages'
  /** The servers that have it; absent where all have. */
  readonly at?: readonly ('local' | 'hub' | 'cloud')[]
}

/** What a schema of the route gives to the handler; `undefined` if the route has none. */
export type Input<R extends Route, Part extends 'params' | 'query' | 'body'> = R[Part] extends z.ZodType
  ? z.output<R[Part]>
  : undefined

/** What the handler gives back when all went well. */
export type Success<R extends Route> = R['replies'] extends { readonly 200: infer S extends z.ZodType }
  ? z.input<S>
  : R['replies'] extends { readonly 204: z.ZodType }
    ? undefined
    : never

/** Keeps the exact type of each schema. */
export function route<const R extends Route>(definition: R): R {
  return definition
}
