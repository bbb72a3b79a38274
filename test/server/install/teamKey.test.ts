/** What installs tell each other of the team's key, over real connections. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { z } from 'zod'
import { createClient } from '../../../model/client/client.ts'
import { ROUTES } from '../../../model/rest/routes.ts'
import { readWords } from '../../../server/identity/recovery.ts'
import { type Install, type InstallOptions, openInstall } from '../../../server/install/install.ts'
import { httpCall } from '../../support/httpCall.ts'
import { mustBeOk } from '../../support/mustBeOk.ts'

const folder = mkdtempSync(join(tmpdir(), 'wedsync-key-'))
const open: Install[] = []
const key = randomBytes(32)

afterEach(async () => {
  await Promise.all(open.splice(0).map((install) => install.stop()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: Partial<InstallOptions> = {}): Promise<Install> {
  const install = mustBeOk(
    await openInstall({
      dataDir: join(folder, 'ana'),
      port: 0,
      pagesDir: folder,
      log: () => undefined,
      discovery: false,
      keyProvider: () => key,
      ...options,
    }),
  )
  open.push(install)
  return install
}

async function replaced(install: Install): Promise<Install> {
  const words = readWords((await install.recoveryWords()) ?? '')
  if (!words) throw new Error('there are no words')
  expect(await install.teamKey.replace(words, [])).toEqual({ ok: true, value: true })
  await install.reopen
  open.splice(open.indexOf(install), 1)
  await install.stop()
  return start()
}

it('[KEY4] invitations that were open when the key was replaced let nobody in', async () => {
  const before = await start()
  const lan = mustBeOk(await before.startHub({ host: '127.0.0.1' }))
  const { browser } = await lan.createJoin({ role: 'planner', weddings: 'all', expiresInSeconds: 600 })
  const secret = new URLSearchParams(new URL(browser).hash.slice(1)).get('join') ?? ''
  const after = await replaced(before)
  const { url, fingerprint } = mustBeOk(await after.startHub({ host: '127.0.0.1' }))
  const applicant = { kind: 'browser', secret, deviceName: 'Tablet', personName: 'Piet' }
  const call = { method: 'POST', fingerprint, body: JSON.stringify(applicant) }
  expect(await httpCall(`${url}/api/offline/join`, call)).toMatchObject({
    status: 403,
    body: { code: 'JOIN_DECLINED' },
  })
})

it('[KEY5] says to update a cloud that cannot hear of it, and only where the key was replaced', async () => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.writeHead(404).end('{}')
  })
  const refusal = JSON.stringify({ type: 'error', code: 'UNAUTHENTICATED', message: 'who are you?' })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', () => socket.send(refusal)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    sockets.close()
    server.close()
  })
  const { port } = z.object({ port: z.number() }).parse(server.address())
  const cloud = { url: `http://127.0.0.1:${port}` }
  const before = await start({ cloud })
  await expect.poll(() => asked).toBe(1)
  expect(await before.notice()).toBeUndefined()
  const after = await replaced(before)
  await expect.poll(() => after.notice()).toMatch(/The cloud does not know that the team's key was replaced/)
})

it('the words of another kit, or no words at all, replace nothing, and the device itself has to stay', async () => {
  const ana = await start()
  const own = createClient(ROUTES, { server: ana.url, token: ana.identity.token, fetch })
  const refusal = async (words: string) => {
    const answer = await own.replaceTeamKey({ body: { words, without: [] } })
    return answer.ok ? 'replaced' : { ...answer.error, reply: undefined }
  }
  expect(await refusal(`${'abandon '.repeat(23)}art`)).toMatchObject({ status: 409, code: 'KEY_NOT_REPLACED' })
  expect(await refusal('abandon')).toMatchObject({ status: 400, code: 'NO_KIT_WORDS' })
  expect(mustBeOk(await own.teamKey())).toMatchObject({
    epoch: 0,
    mayReplace: true,
    devices: [{ goesOn: true, isOwn: true }],
  })
  const words = (await ana.recoveryWords()) ?? ''
  const without = [ana.identity.deviceId]
  const itself = await own.replaceTeamKey({ body: { words, without } })
  expect(itself.ok ? undefined : itself.error).toMatchObject({ status: 409 })
  expect(mustBeOk(await own.teamKey()).epoch).toBe(0)
})

it('the words are forgotten once they are on paper, and the kit of the new key begins anew', async () => {
  const before = await start()
  const words = await before.recoveryWords()
  expect(await before.recoveryWords()).toBe(words)
  expect(await before.recoveryKitKept()).toBe(true)
  expect(await before.recoveryKitKept()).toBe(false)
  const secret = readWords(words ?? '')
  if (!secret) throw new Error('there are no words')
  expect(await before.teamKey.replace(secret, [])).toMatchObject({ ok: true })
  await before.reopen
  open.splice(0)
  await before.stop()
  const after = await start()
  const next = createClient(ROUTES, { server: after.url, token: after.identity.token, fetch })
  expect(mustBeOk(await next.recoveryKit()).state).toBe('none')
  const { words: made } = mustBeOk(await next.makeRecoveryKit())
  expect(made.join(' ')).not.toBe(words)
  expect(await after.teamKey.replace(secret, [])).toEqual({ ok: false, error: 'other-kit' })
})
