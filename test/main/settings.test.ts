import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { readSettings } from '../../main/settings.ts'

it('keeps everything in the home folder unless told otherwise', () => {
  expect(readSettings({}, '/home/ana')).toEqual({ dataDir: resolve('/home/ana/.wedsync') })
})

it('takes what `wedsync app` passes on', () => {
  const environment = {
    WEDSYNC_DATA: '/data/ana',
    WEDSYNC_PORT: '4711',
    WEDSYNC_JOIN: 'wedsync://join?secret=s',
    WEDSYNC_RECOVER: 'abandon ability …',
    WEDSYNC_CLOUD: 'https://cloud.example',
    WEDSYNC_CLOUD_TOKEN: 't',
    WEDSYNC_NAME: 'Ana',
    WEDSYNC_DEVICE_NAME: 'Laptop',
    WEDSYNC_KEEP_BACKUPS: '0',
    WEDSYNC_BLOB_QUOTA: '300',
    WEDSYNC_TAKE_OVER: '1',
    WEDSYNC_FORGET_LOCK: 'true',
    WEDSYNC_NO_DISCOVERY: '1',
  }
  expect(readSettings(environment, '/home/ana')).toEqual({
    dataDir: resolve('/data/ana'),
    port: 4711,
    join: 'wedsync://join?secret=s',
    recover: 'abandon ability …',
    cloud: { url: 'https://cloud.example', token: 't' },
    personName: 'Ana',
    deviceName: 'Laptop',
    keepBackups: 0,
    blobQuotaMegabytes: 300,
    takeOver: true,
    forgetLock: true,
    discovery: false,
  })
})
