/** What a device is called: by its command, by people in the app, and in whatever it tells of itself. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { createClient } from '../../../model/client/client.ts'
import { deviceNames } from '../../../model/identity/deviceNames.ts'
import { editRecord } from '../../../model/merge/edit.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { personOf } from '../../../server/install/callers.ts'
import { type Install, openInstall } from '../../../server/install/install.ts'
import { openPeople } from '../../../server/install/people.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-name-'))
const key = randomBytes(32)
let install: Install | undefined

afterEach(async () => {
  await install?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(deviceName: string): Promise<Install> {
  await install?.stop()
  const options = { port: 0, pagesDir: folder, log: () => undefined, discovery: false, keepBackups: 0 }
  install = mustBeOk(
    await openInstall({ ...options, dataDir: join(folder, 'data'), deviceName, keyProvider: () => key }),
  )
  return install
}

/** In its status, and in the list of devices. */
async function namesOf({ url, identity }: Install): Promise<readonly (string | undefined)[]> {
  const api = createClient(ROUTES, { server: url, token: identity.token, fetch })
  const { devices } = mustBeOk(await api.devices())
  return [mustBeOk(await api.installStatus()).deviceName, ...devices.map(({ name }) => name)]
}

/** As a window does it. */
async function rename({ store: { changes, state }, identity }: Install, deviceName: string): Promise<void> {
  const actors = await changes.inScope(identity.team.id, { table: 'actors' })
  const naming = deviceNames(actors).get(identity.deviceId)
  const author = await openPeople(changes, state).author(personOf(identity))
  await changes.update([naming?.record.id ?? ''], (current) =>
    [...current.values()].map((record) => ({ record: editRecord(record, { deviceName }, author) })),
  )
}

it('is what people have called it since, until its command says something new', async () => {
  expect(await namesOf(await start('Laptop'))).toEqual(['Laptop', 'Laptop'])
  const first = await start('Laptop')
  await rename(first, 'Bar')
  expect(await namesOf(first)).toEqual(['Bar', 'Bar'])
  expect(await namesOf(await start('Laptop'))).toEqual(['Bar', 'Bar'])
  expect(await namesOf(await start('Kitchen'))).toEqual(['Kitchen', 'Kitchen'])
  expect(await namesOf(await start('Kitchen'))).toEqual(['Kitchen', 'Kitchen'])
})
