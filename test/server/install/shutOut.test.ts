import { expect, it } from 'vitest'
import { createIdentity } from '../../../server/identity/identity.ts'
import { openShutOut } from '../../../server/install/shutOut.ts'
import type { Roster } from '../../../server/rest/roster.ts'
import { MemoryState, NOW_MS } from '../identity/support.ts'

/** A team whose records shut out nobody. */
const roster: Roster = { devices: new Map(), isRevoked: () => false, hasUser: () => true }

async function open(state = new MemoryState()) {
  let own = await createIdentity({ deviceName: 'Laptop', personName: 'Carla', nowMs: NOW_MS })
  const opened = async () =>
    openShutOut(
      async () => roster,
      () => own,
      state,
      () => undefined,
    )
  const isShutOut = async ({ rosters }: Awaited<ReturnType<typeof opened>>) =>
    (await rosters(own.team.id)).isRevoked(own.userId, own.deviceId)
  return { opened, isShutOut, comeIn: (token: string) => (own = { ...own, token }) }
}

it('a device that a hub has refused is shut out, also after a restart, and nobody else is', async () => {
  const { opened, isShutOut } = await open()
  const shutOut = await opened()
  expect(await isShutOut(shutOut)).toBe(false)
  shutOut.told()
  expect(await isShutOut(shutOut)).toBe(true)
  expect(await isShutOut(await opened())).toBe(true)
  expect((await shutOut.rosters('team')).isRevoked('somebody', 'else')).toBe(false)
})

it('a new invitation brings a new token, with which it is in again', async () => {
  const { opened, isShutOut, comeIn } = await open()
  const shutOut = await opened()
  shutOut.told()
  comeIn('another token')
  expect(await isShutOut(shutOut)).toBe(false)
  expect(await isShutOut(await opened())).toBe(false)
})
