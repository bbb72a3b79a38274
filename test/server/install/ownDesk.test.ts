/** What the person at an install's window does, over the REST API of real installs: the hub's switch, joining, the kit, presence. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../../model/client/client.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { mintFor } from '../../../server/identity/token.ts'
import { type Install, type InstallOptions, openInstall } from '../../../server/install/install.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'
import { eventually } from '../../support/wedsync.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-own-'))
const open: Install[] = []
const key = randomBytes(32)

afterEach(async () => {
  await Promise.all(open.splice(0).map((install) => install.stop()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(name: string, options: Partial<InstallOptions> = {}): Promise<Install> {
  const opened = await openInstall({
    dataDir: join(folder, name),
    port: 0,
    pagesDir: folder,
    log: () => undefined,
    personName: name,
    deviceName: `${name}'s laptop`,
    discovery: false,
    keyProvider: () => key,
    ...options,
  })
  const install = mustBeOk(opened)
  open.push(install)
  return install
}

async function close(install: Install): Promise<void> {
  open.splice(open.indexOf(install), 1)
  await install.stop()
}

function api({ url, identity }: Install, token = identity.token): Client<typeof ROUTES> {
  return createClient(ROUTES, { server: url, token, fetch })
}

/** Somebody of the team with a tablet. */
function elsewhere({ identity: { team } }: Install, role: 'planner' | 'owner'): string {
  const bearer = {
    team: team.id,
    user: randomUUID(),
    device: randomBytes(32).toString('base64url'),
    holder: 'browser',
  } as const
  return mintFor({ ...bearer, role, weddings: 'all' }, team.privateKey ?? '', Date.now())
}

function failureOf(answer: { readonly ok: boolean; readonly error?: unknown }): unknown {
  return answer.ok ? 'ok' : answer.error
}

describe("the hub's switch", () => {
  it('starts and stops the hub, and is found as it was left; only at the device itself', async () => {
    const ana = await start('ana')
    const own = api(ana)
    expect(mustBeOk(await own.hubState())).toEqual({ serving: false, mayServe: true, takesOver: false })
    const { url } = mustBeOk(await own.startHub())
    expect(mustBeOk(await own.hubState())).toMatchObject({ serving: true, url, fingerprint: ana.identity.fingerprint })
    const other = api(ana, elsewhere(ana, 'owner'))
    expect(failureOf(await other.stopHub())).toMatchObject({ status: 403 })
    expect(failureOf(await other.setHub({ body: { takesOver: true } }))).toMatchObject({ status: 403 })
    await close(ana)

    expect((await start('ana')).lan(), 'a headless install is what its command says').toBeUndefined()
    await close(open[0] ?? ana)
    const again = await start('ana', { resumeHub: true })
    expect(again.lan()).toBeDefined()
    mustBeOk(await api(again).stopHub())
    expect(again.lan()).toBeUndefined()
    expect(mustBeOk(await api(again).setHub({ body: { takesOver: true } })).takesOver).toBe(true)
    await close(again)
    const last = await start('ana', { resumeHub: true })
    expect(mustBeOk(await api(last).hubState())).toMatchObject({ serving: false, takesOver: true })
  })

  it('finds another port where its own is taken, and goes back to it when it can', async () => {
    const portOf = async (install: Install) => Number(new URL(mustBeOk(await api(install).startHub()).url).port)
    const ana = await start('ana')
    const usual = await portOf(ana)
    await close(ana)
    const intruder = createServer().listen(usual)
    const again = await start('ana')
    expect(await portOf(again)).not.toBe(usual)
    await close(again)
    await new Promise((resolve) => intruder.close(resolve))
    expect(await portOf(await start('ana'))).toBe(usual)
  })
})

describe('joining at the window', () => {
  it('says what is wrong with a link, and leaves the install as it was; for the person at the device only', async () => {
    const ana = await start('ana')
    const own = api(ana)
    expect(mustBeOk(await own.joining())).toEqual({ state: 'idle' })
    expect(failureOf(await api(ana, elsewhere(ana, 'owner')).joining())).toMatchObject({ status: 403 })
    mustBeOk(await own.startJoining({ body: { link: 'wedsync://join?' } }))
    const ended = await eventually(
      'an end',
      async () => mustBeOk(await own.joining()),
      ({ state }) => state === 'failed',
    )
    expect(ended).toMatchObject({ message: expect.stringMatching(/^The link cannot be used/) })
    expect(mustBeOk(await own.installStatus())).toMatchObject({ userId: ana.identity.userId, grant: { role: 'owner' } })
  })
})

describe('the recovery kit', () => {
  it('shows the same words until somebody has said that they are kept, and then no more', async () => {
    const own = api(await start('ana'))
    expect(mustBeOk(await own.recoveryKit()).state).toBe('none')
    expect(failureOf(await own.confirmRecoveryKit({ body: { kept: true } }))).toMatchObject({ status: 409 })
    const { words } = mustBeOk(await own.makeRecoveryKit())
    expect(words).toHaveLength(24)
    expect(mustBeOk(await own.recoveryKit()).state).toBe('unconfirmed')
    expect(mustBeOk(await own.makeRecoveryKit()).words).toEqual(words)
    expect(mustBeOk(await own.confirmRecoveryKit({ body: { kept: true } })).state).toBe('made')
    expect(failureOf(await own.makeRecoveryKit())).toMatchObject({ status: 409 })
  })

  it('is for an owner at the device itself', async () => {
    const ana = await start('ana')
    for (const role of ['owner', 'planner'] as const) {
      expect(failureOf(await api(ana, elsewhere(ana, role)).makeRecoveryKit())).toMatchObject({ status: 403 })
    }
    expect(mustBeOk(await api(ana).recoveryKit()).state).toBe('none')
  })
})
