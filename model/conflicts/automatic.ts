/**
 * What `merge_automatic` makes of two values (`wedsync-api.md` §1.4, and the field rules of §2.8), and where it may not.
 * It is only ever asked about fields that settle by themselves but for somebody's wish that a person looks at them.
 */
import { isSealed } from '../merge/envelope.ts'
import { DELETED } from '../merge/registers.ts'
import { compareText } from '../merge/vector.ts'
import { fieldOf, tableNamed } from '../tables/index.ts'
import type { Part } from './entry.ts'

/** Why no machine may decide. */
export type NeverAutomatic = 'ask' | 'deletion' | 'operation' | 'sealed' | 'too-many-sides'

export type Rule =
  /** The field's own policy: larger, smaller, or true. */
  | 'policy'
  | 'not-empty'
  | 'longer'
  | 'larger'
  | 'smaller'
  | 'earlier'
  | 'later'
  | 'true-wins'
  | 'union'
  /** Nothing else is known: the value that came to be decided. */
  | 'client'

export type Automatic =
  | { readonly possible: false; readonly reason: NeverAutomatic }
  | { readonly possible: true; readonly rule: Rule; readonly value: unknown }

/** How one field would be settled. */
export function automaticMerge({ conflict, field, values, server, client }: Omit<Part, 'record'>): Automatic {
  if (field === DELETED) return { possible: false, reason: 'deletion' }
  const { policy, readClass } = fieldOf(tableNamed(conflict.table), field)
  if (policy === 'ask' || readClass === 'money') return { possible: false, reason: 'ask' }
  if (!client) return { possible: false, reason: 'too-many-sides' }
  if (isSealed(server.value) || isSealed(client.value)) return { possible: false, reason: 'sealed' }
  if (policy === 'max' || policy === 'min' || policy === 'true') {
    return { possible: true, rule: 'policy', value: values[0]?.value }
  }
  return { possible: true, ...mergeValues(field, server.value, client.value) }
}

interface Merged {
  readonly rule: Rule
  readonly value: unknown
}

const LONGER = /^(name|title|location)$|Name$|Location$/
const SMALLER_NUMBER = /^priority$/
const EARLIER = /^(start|due)/
const TRUE_WINS = /confirmed|booked|paid|completed|approved|notified|notification/i
const KEPT_TOGETHER = /notes$|comments$/i

function mergeValues(field: string, server: unknown, client: unknown): Merged {
  if (isEmpty(client)) return { rule: 'not-empty', value: server }
  if (isEmpty(server)) return { rule: 'not-empty', value: client }
  if (typeof server === 'number' && typeof client === 'number') {
    return SMALLER_NUMBER.test(field)
      ? { rule: 'smaller', value: Math.min(server, client) }
      : { rule: 'larger', value: Math.max(server, client) }
  }
  if (isMoment(server) && isMoment(client)) {
    const [earlier, later] = Date.parse(client) > Date.parse(server) ? [server, client] : [client, server]
    return EARLIER.test(field) ? { rule: 'earlier', value: earlier } : { rule: 'later', value: later }
  }
  if (typeof server === 'string' && typeof client === 'string' && LONGER.test(field)) {
    return { rule: 'longer', value: server.length > client.length ? server : client }
  }
  if (typeof server === 'boolean' && typeof client === 'boolean' && TRUE_WINS.test(field)) {
    return { rule: 'true-wins', value: true }
  }
  if (KEPT_TOGETHER.test(field) && hasIds(server) && hasIds(client)) {
    return { rule: 'union', value: unionById(server, client) }
  }
  return { rule: 'client', value: client }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/

function isMoment(value: unknown): value is string {
  return typeof value === 'string' && MOMENT.test(value) && !Number.isNaN(Date.parse(value))
}

interface WithId {
  readonly id: string
}

function hasIds(value: unknown): value is readonly WithId[] {
  return (
    Array.isArray(value) &&
    value.every((each) => typeof each === 'object' && each !== null && 'id' in each && typeof each.id === 'string')
  )
}

/** Everything that either side holds; of one thing that both hold, the client's form. In order of id. */
function unionById(server: readonly WithId[], client: readonly WithId[]): readonly WithId[] {
  const byId = new Map([...server, ...client].map((each) => [each.id, each]))
  return [...byId.values()].sort((a, b) => compareText(a.id, b.id))
}
