/**
 * Names of registers. A field has one register of its own name; a field with policy `set` has one per member, named
 * `field/member`. `/` and `~` in names are escaped as in JSON Pointer (RFC 6901).
 */
export const DELETED = '$deleted'
export const CREATED = '$created'

export interface RegisterName {
  readonly field: string
  readonly member?: string
}

export function registerName({ field, member }: RegisterName): string {
  return member === undefined ? escapePart(field) : `${escapePart(field)}/${escapePart(member)}`
}

export function parseRegister(name: string): RegisterName {
  const slash = name.indexOf('/')
  if (slash < 0) return { field: unescapePart(name) }
  return { field: unescapePart(name.slice(0, slash)), member: unescapePart(name.slice(slash + 1)) }
}

function escapePart(part: string): string {
  if (!part.includes('~') && !part.includes('/')) return part
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapePart(part: string): string {
  return part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part
}

const FORBIDDEN_FIELDS = new Set(['__proto__', 'constructor', 'prototype'])
export const MAX_FIELD_NAME_CHARS = 64

/** Whether a field of this name may be written at all: `$…` is ours, and prototype keys are nobody's. */
export function isFieldName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_FIELD_NAME_CHARS && !name.startsWith('$') && !FORBIDDEN_FIELDS.has(name)
}
