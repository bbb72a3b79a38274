/** A tablet whose hub dies at the venue finds the laptop that takes over, with nobody touching it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { teamHost } from '../../model/identity/teamHost.ts'
import { createNetwork, type Machine, type Network, whyNoNamespaces } from '../support/namespaces.ts'
import { itemTitles, lanOf, makeWedding, newJoin } from '../support/teamCalls.ts'
import { trustingChromium } from '../support/trustingChromium.ts'
import { type Laptop, openLaptop } from '../support/venue.ts'
import { eventually, temporaryFolders } from '../support/wedsync.ts'

const reason = whyNoNamespaces()
const title = `a tablet at a venue without internet${reason ? ` (skipped: ${reason})` : ''}`
const NAME_SERVER = fileURLToPath(new URL('../support/nameServer.ts', import.meta.url))
const GET_UNCHECKED = `require('node:https').get(process.argv[1], { rejectUnauthorized: false }, (r) => r.pipe(process.stdout))`

const folders = temporaryFolders()
const laptops = new Set<Laptop>()
let network: Network | undefined
let browser: Browser | undefined
let names: ChildProcess | undefined
let etc: string | undefined

afterEach(async () => {
  await browser?.close()
  names?.kill()
  await Promise.all([...laptops].map((laptop) => laptop.stop()))
  laptops.clear()
  network?.destroy()
  if (etc !== undefined) rmSync(etc, { recursive: true, force: true })
})

afterAll(() => folders.cleanUp())

async function open(machine: Machine, ...args: readonly string[]): Promise<Laptop> {
  const laptop = await openLaptop(machine, args)
  laptops.add(laptop)
  return laptop
}

/** Has the machine ask the network for names (`ip-netns(8)` on the file). */
function resolveByMulticast(machine: Machine, address: string): void {
  etc = join('/etc/netns', machine.name)
  mkdirSync(etc, { recursive: true })
  writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\n')
  const [command, args] = machine.command(process.execPath, NAME_SERVER, address)
  names = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function openTablet(machine: Machine, authorityUrl: string): Promise<Page> {
  const [command, args] = machine.command(process.execPath, '-e', GET_UNCHECKED, authorityUrl)
  const authority = execFileSync(command, args)
  const home = folders.make('home')
  mkdirSync(home)
  const wrapper = join(home, 'chromium.sh')
  const [ip, ipArgs] = machine.command('"$CHROMIUM_PATH"', '"$@"')
  writeFileSync(wrapper, `#!/bin/sh\nexec ${[ip, ...ipArgs].join(' ')}\n`)
  chmodSync(wrapper, 0o700)
  browser = await trustingChromium(authority, home, { wrapper })
  return (await browser.newContext({ viewport: { width: 768, height: 1024 } })).newPage()
}

describe.skipIf(reason !== undefined)(title, () => {
  it('follows to the laptop that takes over from a hub that was killed, and what was typed meanwhile arrives there', async () => {
    network = createNetwork()
    const [annas, bens, piets] = [network.machine('anna'), network.machine('ben'), network.machine('piet')]
    const ports = network.lan([annas, bens, piets])
    const anna = await open(annas, 'hub', '--data', folders.make('anna'), '--lan-port', '8443')
    const { join: link } = await newJoin(anna.rest, {})
    const named = ['--device-name', 'Old laptop of Ben']
    const ben = await open(bens, 'device', '--data', folders.make('ben'), '--join', link, '--take-over', ...named)
    const { id } = await makeWedding(anna.rest, 'Anna & Ben', ['Ceremony'])
    const { url } = lanOf(anna.server.ready)
    const name = teamHost(new URL(link).searchParams.get('team') ?? '')
    resolveByMulticast(piets, ports[2]?.address ?? '')

    const tablet = await openTablet(piets, `${url}/trust/wedsync.crt`)
    const { browser: invitation = '' } = await newJoin(anna.rest, { role: 'planner' })
    await eventually(
      'the tablet finds the name',
      () =>
        tablet.goto(invitation.replace(new URL(url).hostname, name)).then(
          () => true,
          () => false,
        ),
      (isThere) => isThere,
    )
    await tablet.getByLabel('Your name').fill('Piet')
    await tablet.getByRole('button', { name: 'Join' }).click()
    await tablet.getByText('Anna & Ben').first().click()
    await tablet.getByText('All equal').first().waitFor()
    await eventually(
      'Ben has it all',
      () => itemTitles(ben.rest, id),
      (titles) => titles.length === 1,
    )

    laptops.delete(anna)
    await anna.kill()
    const killedAt = Date.now()
    await tablet.getByRole('button', { name: 'Edit Ceremony' }).click()
    const dialog = tablet.getByRole('dialog')
    await dialog.getByLabel('Title').fill('Ceremony in the barn')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await eventually(
      'the edit is at Ben',
      () => itemTitles(ben.rest, id),
      (titles) => titles.includes('Ceremony in the barn'),
    )
    process.stdout.write(`The tablet was live on the next hub ${Date.now() - killedAt} ms after the first was killed\n`)
    await tablet.getByText('All equal').first().waitFor()
    expect(tablet.url()).toContain(name)
    await tablet
      .getByRole('link', { name: 'Devices' })
      .or(tablet.getByRole('button', { name: 'Devices' }))
      .click()
    await tablet.getByText('Connected with the hub “Old laptop of Ben”').waitFor()
    // Of the hub, which no longer is the one whose address the browser keeps for the name of this page.
    const devices = tablet.getByRole('region', { name: 'Devices of the team' })
    await devices
      .getByRole('listitem')
      .filter({ hasText: 'Old laptop of Ben' })
      .getByText('Hub', { exact: true })
      .waitFor()
    process.stdout.write(`It had the list of devices from there ${Date.now() - killedAt} ms after\n`)
  })
})
