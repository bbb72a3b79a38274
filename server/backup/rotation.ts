/** Which backups there are, when the next one is due, and which are dropped. Names carry their time. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing } from '../identity/wholeFile.ts'

export const BACKUPS_FOLDER = 'backups'
const SUFFIX = '.backup'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The last coach and the strike belong to the same day. */
const NIGHT_MS = 6 * HOUR_MS

export interface BackupName {
  readonly file: string
  /** When it was made, ms since 1970 UTC. */
  readonly ms: number
}

/** `wedsync-2027-06-12T14-00-00.000Z.backup`: sorts by time, and every file system takes it. */
export function backupName(ms: number): string {
  return `wedsync-${new Date(ms).toISOString().replaceAll(':', '-')}${SUFFIX}`
}

/** The newest first. */
export function listBackups(folder: string): readonly BackupName[] {
  return namesIn(folder)
    .flatMap((name): readonly BackupName[] => {
      const [, day, hour, minute, second] =
        /^wedsync-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-([\d.]+Z)\.backup$/.exec(name) ?? []
      const ms = Date.parse(`${day}T${hour}:${minute}:${second}`)
      return Number.isNaN(ms) ? [] : [{ file: join(folder, name), ms }]
    })
    .sort((a, b) => b.ms - a.ms)
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/**
 * Those that are not kept: all but the newest `count`, and the newest of each of the last `count` days. So a day of hourly
 * backups cannot push out last week.
 * @param backups the newest first
 */
export function superfluous(backups: readonly BackupName[], count: number): readonly BackupName[] {
  const kept = new Set(backups.slice(0, count))
  const days = new Map<number, BackupName>()
  for (const backup of backups) {
    const day = Math.floor(backup.ms / DAY_MS)
    if (!days.has(day)) days.set(day, backup)
  }
  for (const backup of [...days.values()].slice(0, count)) kept.add(backup)
  return backups.filter((backup) => !kept.has(backup))
}

/** A wedding as far as its day goes. */
export interface WeddingDay {
  /** `YYYY-MM-DD`, local to the wedding. */
  readonly date: string
  /** IANA name. */
  readonly timezone?: string
}

/** Hourly on a wedding day, until six the next morning; daily otherwise. */
export function isDue(lastMs: number | undefined, nowMs: number, weddings: readonly WeddingDay[]): boolean {
  if (lastMs === undefined) return true
  const isDay = weddings.some((wedding) => isOn(wedding, nowMs))
  // A backup of the future was made under a wrong clock; it must not keep the others waiting.
  return lastMs > nowMs || nowMs - lastMs >= (isDay ? HOUR_MS : DAY_MS)
}

function isOn({ date, timezone }: WeddingDay, nowMs: number): boolean {
  return [nowMs, nowMs - NIGHT_MS].some((ms) => localDate(ms, timezone) === date)
}

function localDate(ms: number, timezone: string | undefined): string {
  // Swedish dates are ISO dates.
  return new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    ...(timezone !== undefined && isTimezone(timezone) && { timeZone: timezone }),
  }).format(ms)
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
