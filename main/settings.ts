/** What the app is told from outside, read once. `wedsync app` passes its options on as these variables. */
import { join, resolve } from 'node:path'
import type { ServerSettings } from './serverProcess.ts'

/**
 * @param environment `WEDSYNC_<OPTION>` variables, as the command line has them
 * @param home        the person's home folder
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): Omit<ServerSettings, 'pagesDir'> {
  const {
    WEDSYNC_DATA: dataDir = join(home, '.wedsync'),
    WEDSYNC_PORT: port,
    WEDSYNC_JOIN: link,
    WEDSYNC_RECOVER: recover,
    WEDSYNC_CLOUD: cloudUrl,
    WEDSYNC_CLOUD_TOKEN: cloudToken,
    WEDSYNC_NAME: personName,
    WEDSYNC_DEVICE_NAME: deviceName,
    WEDSYNC_KEEP_BACKUPS: keepBackups,
    WEDSYNC_BLOB_QUOTA: blobQuota,
    WEDSYNC_TAKE_OVER: takeOver,
    WEDSYNC_FORGET_LOCK: forgetLock,
    WEDSYNC_NO_DISCOVERY: noDiscovery,
  } = environment
  return {
    dataDir: resolve(dataDir),
    ...(port !== undefined && { port: Number(port) }),
    ...(link !== undefined && { join: link }),
    ...(recover !== undefined && { recover }),
    ...(cloudUrl !== undefined && {
      cloud: { url: cloudUrl, ...(cloudToken !== undefined && { token: cloudToken }) },
    }),
    ...(personName !== undefined && { personName }),
    ...(deviceName !== undefined && { deviceName }),
    ...(keepBackups !== undefined && { keepBackups: Number(keepBackups) }),
    ...(blobQuota !== undefined && { blobQuotaMegabytes: Number(blobQuota) }),
    ...(isOn(takeOver) && { takeOver: true }),
    ...(isOn(forgetLock) && { forgetLock: true }),
    ...(isOn(noDiscovery) && { discovery: false }),
  }
}

/** As the command line reads a switch that is given as a variable. */
function isOn(value: string | undefined): boolean {
  return value === '1' || value === 'true'
}
