/** A window that comes to an install over a message port, as the app's does: what its lock means for it. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openInstall } from '../../../server/install/install.ts'
import { WINDOW_DOORS } from '../../support/windowDoors.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-port-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('loses its database when it is locked, gets none while it is, and another one when it is opened again', async () => {
  const key = randomBytes(32)
  const opened = await openInstall({
    dataDir: folder,
    port: 0,
    pagesDir: folder,
    log: () => undefined,
    discovery: false,
    keyProvider: () => key,
  })
  if (!opened.ok) throw new Error(opened.error.kind)
  const install = opened.value
  const door = await WINDOW_DOORS.port(install.connectWindow)
  const secret = new URL(install.windowUrl).hash.replace('#launch=', '')
  const call = async (method: string, path: string, body: object): Promise<number> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const url = `${install.url}/api/offline/window/${path}`
    return (await fetch(url, { method, headers, body: JSON.stringify(body) })).status
  }
  /** Resolves when the window is told that its line is gone. */
  const lost = async (): Promise<void> => {
    const line = await door.open()
    line.onMessage(() => undefined)
    return new Promise((resolve) => line.onClose(resolve))
  }

  const first = lost()
  expect(await call('PUT', 'lock', { passphrase: 'hydrangea' })).toBe(204)
  expect(await call('POST', 'lock', {})).toBe(204)
  await first
  await lost()
  expect(await call('POST', 'unlock', { passphrase: 'hydrangea' })).toBe(204)
  const line = await door.open()
  const answered = new Promise<string>((resolve) => line.onMessage(resolve))
  line.send(JSON.stringify({ connectionId: 'c', requestId: 'r', method: 'create', version: 'another', params: {} }))
  expect(JSON.parse(await answered)).toMatchObject({ connectionId: 'c', answerTo: 'r' })
  await install.stop()
})
