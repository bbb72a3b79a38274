/** The venue's Wi-Fi has internet, behind a log-in page. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import { installStatus } from '../../model/database/status.ts'
import { makeWedding, weddings } from '../support/teamCalls.ts'
import { eventually, rest, type Server, serve, temporaryFolders, wedsync } from '../support/wedsync.ts'

const folders = temporaryFolders()
const running = new Set<Server>()
afterAll(async () => {
  await Promise.all([...running].map((server) => server.kill()))
  folders.cleanUp()
})

async function up(args: readonly string[]): Promise<Server> {
  const server = await serve(args)
  running.add(server)
  return server
}

it('a log-in page is named in the status, and when somebody has logged in, how far forwarding is', async () => {
  const cloudFolder = folders.make('cloud')
  const cloud = await up(['cloud', '--data', cloudFolder])
  const { url, enrol = '' } = cloud.ready
  await cloud.stop()
  running.delete(cloud)
  const portal = createServer((_request, response) => {
    response.writeHead(302, { Location: 'http://login.example/' }).end()
  })
  await new Promise<void>((resolve) => portal.listen(Number(new URL(url).port), '127.0.0.1', resolve))
  expect((portal.address() as AddressInfo).port).toBe(Number(new URL(url).port))

  const hub = await up([
    'hub',
    '--data',
    folders.make('hub'),
    '--lan-host',
    '127.0.0.1',
    '--cloud',
    url,
    '--cloud-token',
    enrol,
  ])
  const api = rest(hub.ready.url, hub.ready.token)
  const { id } = await makeWedding(api, 'Anna and Ben', ['Ceremony', 'Dinner'])
  const said = async () => {
    const { stdout } = await wedsync(['status', '--server', hub.ready.url, '--token', hub.ready.token ?? ''])
    return stdout
  }
  const { upstreams } = installStatus.parse((await api.get('status')).body)
  expect(upstreams).toMatchObject([{ kind: 'cloud', state: 'offline' }])
  expect(upstreams[0]?.problem).toMatch(/^a log-in page is in the way/)
  expect(await said()).toMatch(/log-in page is in the way[\s\S]*Anna and Ben {2}3 records.*\n {2}0 of 3 in the cloud\n/)
  const [before] = await weddings(api)
  expect(before?.peers).toMatchObject([{ kind: 'cloud', complete: false, waiting: 3 }])

  portal.closeAllConnections()
  await new Promise((resolve) => portal.close(resolve))
  await up(['cloud', '--data', cloudFolder, '--port', new URL(url).port])
  await eventually(
    'the cloud has it',
    () => weddings(api),
    (all) => all.some((each) => each.id === id && each.complete),
  )
  expect(await said()).toMatch(/cloud: complete[\s\S]*Anna and Ben {2}3 records {2}complete\n/)
})
