/**
 * What the team calls a device, by the records of its actors. Each of them begins with the name that the device came with, a new
 * incarnation after a crash too; so a name that somebody gave it later holds against all of those, and the latest of such.
 */
import type { Stamp } from '../merge/clock.ts'
import type { CausalRecord } from '../merge/record.ts'
import { CREATED } from '../merge/registers.ts'
import { compareText, sameDot } from '../merge/vector.ts'
import { viewFieldOf, viewRecord } from '../merge/view.ts'

export interface DeviceNaming {
  readonly deviceId: string
  readonly name: string
  /** Somebody gave it, after the device had come. */
  readonly isGiven: boolean
  readonly stamp: Stamp
  /** The record that names it so, which a new name is to be written in. */
  readonly record: CausalRecord
}

/** @param actors records of `actors`, as many as there are of each device */
export function deviceNames(actors: Iterable<CausalRecord>): ReadonlyMap<string, DeviceNaming> {
  const names = new Map<string, DeviceNaming>()
  for (const record of actors) {
    const naming = namingOf(record)
    if (!naming) continue
    const known = names.get(naming.deviceId)
    if (!known || isStronger(naming, known)) names.set(naming.deviceId, naming)
  }
  return names
}

function namingOf(record: CausalRecord): DeviceNaming | undefined {
  const { data, deleted } = viewRecord(record)
  const [seen] = viewFieldOf(record, 'deviceName')
  const { deviceId } = data
  if (deleted || !seen || typeof deviceId !== 'string') return undefined
  if (typeof seen.value !== 'string' || seen.value.trim() === '') return undefined
  const created = record.units.get(record.base)?.registers.get(CREATED) ?? []
  const isGiven = !created.some(({ edit }) => sameDot(edit, seen.edit))
  return { deviceId, name: seen.value.trim(), isGiven, stamp: seen.edit.stamp, record }
}

function isStronger(a: DeviceNaming, b: DeviceNaming): boolean {
  if (a.isGiven !== b.isGiven) return a.isGiven
  return (compareText(a.stamp, b.stamp) || compareText(a.record.id, b.record.id)) > 0
}
