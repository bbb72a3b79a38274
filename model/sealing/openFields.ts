/**
 * What the cloud may read: the one table of it. Everything that is not named here travels to the cloud sealed. `docs/what-leaks.md` says
 * the same in words.
 */
import { CREATED, DELETED } from '../merge/registers.ts'

/**
 * Fields by table. The cloud needs to know when a wedding is (what is sent first), who may enter which (authority), whose
 * an edit is (attribution), and it carries keys that are locked to the device or the kit that they are for.
 */
export const OPEN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  weddings: ['date'],
  members: ['deviceId', 'userId', 'role', 'weddings', 'revokedAt'],
  actors: ['actor', 'userId', 'deviceId'],
  device_keys: ['deviceId', 'certificate'],
  wrapped_keys: ['deviceId', 'grant'],
  recovery_boxes: ['deviceId', 'box'],
}

/** That a record exists, and up to where a deletion had seen it: dots, which are open anyway. */
const OPEN_REGISTERS: readonly string[] = [CREATED, DELETED]

export function isOpenField(table: string, field: string): boolean {
  if (OPEN_REGISTERS.includes(field)) return true
  return Object.hasOwn(OPEN_FIELDS, table) && (OPEN_FIELDS[table] ?? []).includes(field)
}
