/** Whether data that came from outside may be written into a table. Pure; used by the REST API and by imports. */
import { isFieldName } from '../merge/registers.ts'
import { fieldOf, TABLES, tableNamed } from './index.ts'
import { MAX_TEXT_CHARS } from './types.ts'

type Data = Readonly<Record<string, unknown>>

/** Levels of objects and arrays that data may have, itself included. */
export const MAX_NESTING = 16

/** What the server sets itself; both spellings of the wedding, which a record names once and for good. */
const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'wedding_id',
  'weddingId',
  'user_id',
  'version',
  'created_at',
  'updated_at',
  'updated_by',
  'device_id',
])

/** The data without the fields that the server sets, so that a row that was read can be sent back as it is. */
export function writableData(data: Data): Data {
  // `fromEntries` defines properties, so a key `__proto__` stays a key and is refused by name in `validateData`.
  return Object.fromEntries(Object.entries(data).filter(([name]) => !PROTECTED_FIELDS.has(name)))
}

/**
 * Why this data may not be written, one reason per fault such as `startTime: Invalid ISO datetime`; empty if it may.
 * Fields that this version does not know are allowed, under a proper name and within the bounds of text and nesting. A
 * record of an append-only table cannot be updated at all.
 * @param mode `create` asks for the required fields; with both, a required field cannot be null
 */
export function validateData(tableName: string, data: Data, mode: 'create' | 'update'): readonly string[] {
  if (!TABLES.has(tableName)) return [`table: Unknown table ${JSON.stringify(tableName)}`]
  const { required, appendOnly } = tableNamed(tableName)
  if (appendOnly && mode === 'update') return [`table: Records of ${tableName} are only added, never edited`]
  const reasons: string[] = []
  for (const name of required) {
    const missing = mode === 'create' && !Object.hasOwn(data, name)
    if (missing || (Object.hasOwn(data, name) && data[name] === null)) reasons.push(`${name}: Required`)
  }
  for (const [name, value] of Object.entries(data)) {
    const fault = nameFault(name) ?? structureFault(value)
    if (fault !== undefined) reasons.push(`${name}: ${fault}`)
    else if (value !== null) reasons.push(...valueFaults(tableName, name, value))
  }
  return reasons
}

function nameFault(name: string): string | undefined {
  return isFieldName(name) ? undefined : 'Not a possible field name'
}

function structureFault(value: unknown): string | undefined {
  if (isDeeperThan(value, MAX_NESTING - 1)) return `Nested more than ${MAX_NESTING} levels deep`
  if (hasPrototypeKey(value)) return 'Contains a key __proto__'
  if (typeof value !== 'string' && hasLongText(value))
    return `Contains a text of more than ${MAX_TEXT_CHARS} characters`
  return undefined
}

function valueFaults(tableName: string, name: string, value: unknown): readonly string[] {
  const table = tableNamed(tableName)
  if (!Object.hasOwn(table.fields, name) && typeof value === 'string' && value.length > MAX_TEXT_CHARS) {
    return [`${name}: Too big: expected string to have <=${MAX_TEXT_CHARS} characters`]
  }
  const parsed = fieldOf(table, name).schema.safeParse(value)
  if (parsed.success) return []
  return parsed.error.issues.map(({ path, message }) => `${[name, ...path].join('.')}: ${message}`)
}

/** True if objects and arrays are nested in more than so many levels. Stops as soon as it knows. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels <= 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

/** Such a key is harmless as long as all code copies it with care; nobody has a use for one that is worth that trust. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey)
}

function hasLongText(value: unknown): boolean {
  if (typeof value === 'string') return value.length > MAX_TEXT_CHARS
  return typeof value === 'object' && value !== null && Object.values(value).some(hasLongText)
}
