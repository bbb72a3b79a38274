import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { createRecord, editRecord } from '../../../model/merge/edit.ts'
import { readSealed } from '../../../model/merge/envelope.ts'
import { type CausalRecord, joinRecords } from '../../../model/merge/record.ts'
import type { Grant } from '../../../model/roles.ts'
import { compareKeyIds } from '../../../model/sealing/keyRing.ts'
import { createIdentity, type Identity } from '../../../server/identity/identity.ts'
import { certifyDevice, grantKeys } from '../../../server/identity/keyGrants.ts'
import { loadWrappingKeys } from '../../../server/identity/ownKeys.ts'
import { kitKeys } from '../../../server/identity/recovery.ts'
import { openSealingKeys, type SealingKeys, writeCertificate } from '../../../server/identity/sealingKeys.ts'
import { succeed } from '../../../server/identity/succeed.ts'
import { makeSuccession } from '../../../server/identity/succession.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'
import { uuidOf } from '../../support/ids.ts'
import { type MemoryReplica, openMemoryReplica } from '../../support/memoryReplica.ts'
import { opened } from '../../support/sealing.ts'

const KIT = kitKeys(randomBytes(32))
const NOW = Date.parse('2027-06-12T10:00:00Z')
const WEDDING = uuidOf(20)
const OTHER_WEDDING = uuidOf(21)

interface Device {
  readonly identity: Identity
  readonly replica: MemoryReplica
  readonly keys: SealingKeys
}

const devices: Device[] = []
afterEach(async () => {
  for (const { keys, replica } of devices.splice(0)) {
    await keys.stop()
    await replica.close()
  }
})

async function device(name: string, identity: Identity): Promise<Device> {
  return deviceOn(await openMemoryReplica(name, { now: () => NOW }), identity)
}

async function deviceOn(replica: MemoryReplica, identity: Identity): Promise<Device> {
  const { changes, state } = replica
  const options = {
    identity,
    changes,
    state,
    author: async () => replica.author(),
    now: () => NOW,
    log: () => undefined,
  }
  const made = { identity, replica, keys: await openSealingKeys(options) }
  devices.push(made)
  return made
}

async function owner(): Promise<Device> {
  const names = { deviceName: 'd', personName: 'Ana', nowMs: NOW }
  return device('owner', await createIdentity({ ...names, recoveryKey: KIT.publicKey }))
}

/** Goes on under the key that was made, as an install does that is opened again. */
async function succeeding(before: Device, succession: string): Promise<Device> {
  await before.keys.stop()
  devices.splice(devices.indexOf(before), 1)
  const successor = await succeed(before.identity, [succession], before.replica)
  if (!successor) throw new Error('the succession does not count')
  return deviceOn(before.replica, successor)
}

/** A new key for the team, with a part for each of these. */
async function replaceKey({ identity }: Device, ...staying: readonly Device[]) {
  const { team, deviceId: madeBy } = identity
  const next = createTeamKeys()
  const part = { privateKey: next.privateKey, formerKeys: [team.privateKey ?? ''] }
  const stays = await Promise.all(
    staying.map(async ({ identity: { deviceId, grant, token }, replica }) => ({
      device: deviceId,
      wrappingKey: (await loadWrappingKeys(replica.state)).publicKey,
      part: grant.weddings === 'all' && grant.role !== 'photographer' ? part : { token },
    })),
  )
  const nextRecoveryKey = kitKeys(randomBytes(32)).publicKey
  const text = makeSuccession({ team, kit: KIT, next, nextRecoveryKey, stays, madeBy, madeAt: NOW })
  return { next, text }
}

function keyIdOf({ units }: CausalRecord): string | undefined {
  return readSealed(units.get('open')?.registers.get('name')?.[0]?.value)?.keyId
}

/** A device that the owner has let in with this grant. */
async function memberOf({ identity: { team }, replica }: Device, name: string, grant: Grant): Promise<Device> {
  const own = await createIdentity({ deviceName: name, personName: name, nowMs: NOW })
  const hubCapable = grant.role === 'planner' && grant.weddings === 'all'
  const { privateKey, ...open } = team
  const identity = { ...own, team: hubCapable ? team : open, grant: { ...grant } }
  const made = await device(name, identity)
  const { publicKey } = await loadWrappingKeys(made.replica.state)
  await writeCertificate(
    { certificate: { team: team.id, device: identity.deviceId, publicKey, ...identity.grant, issuedAt: NOW } },
    privateKey ?? '',
    replica.changes,
    replica.author(),
  )
  return made
}

async function exchange(...all: readonly Device[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const from of all) {
      for (const to of all) {
        await from.keys.settled()
        const { changes } = from.replica
        const records = (await Promise.all((await changes.scopes()).map((scope) => changes.inScope(scope)))).flat()
        await to.replica.changes.update(
          records.map(({ id }) => id),
          (current) =>
            records.flatMap((record) => {
              const mine = current.get(record.id)
              const joined = mine ? joinRecords(mine, record) : { ok: true as const, value: record }
              if (!joined.ok) throw new Error('records clash')
              return joined.value === mine ? [] : [{ record: joined.value }]
            }),
        )
      }
    }
    await Promise.all(all.map(({ keys }) => keys.settled()))
  }
}

function guestOf(device: Device, scope = WEDDING) {
  const data = { name: 'Ada', phone: '123', allergies: ['nuts'] }
  return createRecord({ id: randomUUID(), scope, table: 'guests', data }, device.replica.author())
}

async function wedding(device: Device, id = WEDDING): Promise<void> {
  await device.replica.create({ id, scope: id, table: 'weddings', data: { name: 'A & B', date: '2027-06-12' } })
}

describe('keys of sealed values', () => {
  it('whoever holds the key of the team needs nobody to seal and to open', async () => {
    const ana = await owner()
    const ben = await memberOf(ana, 'ben', { role: 'planner', weddings: 'all' })
    const guest = guestOf(ana)
    expect(encodeRecord(await opened(ben.keys.border(), await ana.keys.border().outgoing(guest)))).toEqual(
      encodeRecord(guest),
    )
    expect(await ben.keys.border().outgoing(guest)).toEqual(await ana.keys.border().outgoing(guest))
    const stranger = await owner()
    expect(await stranger.keys.border().incoming(await ana.keys.border().outgoing(guest))).toMatchObject({ ok: false })
  })

  it('[SEA7] a photographer gets the keys of its weddings and classes, and of weddings that come later', async () => {
    const ana = await owner()
    await wedding(ana)
    const phil = await memberOf(ana, 'phil', { role: 'photographer', weddings: [WEDDING] })
    expect((await phil.keys.border().outgoing(guestOf(phil))).units.size).toBe(0)
    const changed = new Promise<void>((resolve) => phil.keys.onChange(resolve))
    await wedding(ana, OTHER_WEDDING)
    await exchange(ana, phil)
    await changed
    expect((await phil.keys.border().outgoing(guestOf(phil, OTHER_WEDDING))).units.size).toBe(0)
    const sealed = await ana.keys.border().outgoing(guestOf(ana))
    const seen = { ...sealed, units: new Map([...sealed.units].filter(([name]) => name !== 'private')) }
    expect([...(await opened(phil.keys.border(), seen)).units.keys()].sort()).toEqual(['diet', 'open'])
    expect(await phil.keys.border().incoming(sealed)).toMatchObject({ ok: false })
  })

  it('[SEA7][ROL6] a vendor that caters is given no key of guests: its row is sealed to whoever hands keys out', async () => {
    const ana = await owner()
    await wedding(ana)
    const kitchen = uuidOf(30)
    await ana.replica.create({ id: kitchen, scope: WEDDING, table: 'vendors', data: { name: 'K', type: 'caterer' } })
    const cora = await memberOf(ana, 'cora', { role: 'vendor', weddings: 'all', vendors: [kitchen] })
    await exchange(ana, cora)
    const [row, guest] = [await cora.replica.read(kitchen), guestOf(cora)]
    expect([...(await cora.keys.border().outgoing(row)).units.keys()]).toEqual(['open'])
    expect((await cora.keys.border().outgoing(guest)).units.size).toBe(0)
  })

  it('[SEA8] who is shut out cannot read what is sealed from then on, and everybody else can', async () => {
    const ana = await owner()
    await wedding(ana)
    const [phil, ben, cleo] = [
      await memberOf(ana, 'phil', { role: 'photographer', weddings: 'all' }),
      await memberOf(ana, 'ben', { role: 'planner', weddings: 'all' }),
      await memberOf(ana, 'cleo', { role: 'couple', weddings: [WEDDING] }),
    ]
    await exchange(ana, phil, ben, cleo)
    const before = await ana.keys.border().outgoing(guestOf(ana))
    const { scope, ...member } = { scope: ana.identity.team.id, deviceId: phil.identity.deviceId, role: 'photographer' }
    const record = await ana.replica.create({ id: uuidOf(30), scope, table: 'members', data: member })
    await ana.replica.change(record.id, (known) =>
      editRecord(known, { revokedAt: new Date(NOW).toISOString() }, ana.replica.author()),
    )
    await exchange(ana, phil, ben, cleo)
    const guest = guestOf(ana)
    const after = await ana.keys.border().outgoing(guest)
    const keyId = readSealed(after.units.get('open')?.registers.get('name')?.[0]?.value)?.keyId ?? ''
    expect(keyId).toMatch(/^1\./)
    for (const { keys } of [ana, ben, cleo]) {
      expect(encodeRecord(await opened(keys.border(), after))).toEqual(encodeRecord(guest))
      expect(await keys.border().incoming(before)).toMatchObject({ ok: true })
    }
    const diet = { ...after, units: new Map([...after.units].filter(([name]) => name === 'diet')) }
    expect(await phil.keys.border().incoming(diet)).toMatchObject({ ok: false })
    // One rotation by one device, however often the records are looked at again.
    await exchange(ana, ben)
    const again = await ana.keys.border().outgoing(guest)
    expect(again).toEqual(after)
  })

  it('[KEY4] after a theft, what the thief makes is not sealed with, nor given keys; what was sealed opens', async () => {
    const first = await owner()
    await wedding(first)
    const [benBefore, philBefore] = [
      await memberOf(first, 'ben', { role: 'planner', weddings: 'all' }),
      await memberOf(first, 'phil', { role: 'photographer', weddings: 'all' }),
    ]
    await first.keys.rotate([WEDDING])
    await exchange(first, benBefore, philBefore)
    const guest = guestOf(first)
    const before = await first.keys.border().outgoing(guest)
    expect(keyIdOf(before)).toMatch(/^1\./)

    // With the key of a stolen laptop: a key of one's own for everybody, and a certificate of a device that is on no list.
    const { team } = first.identity
    const stolenKey = team.privateKey ?? ''
    const plant = async (n: number, table: string, data: Record<string, string>) =>
      first.replica.create({ id: uuidOf(n), scope: team.id, table, data })
    const secret = new Uint8Array(randomBytes(32))
    async function plantKey(n: number, keyId: string): Promise<void> {
      const { publicKey } = await loadWrappingKeys(first.replica.state)
      const to = { team: team.id, device: first.identity.deviceId, publicKey, ...first.identity.grant, issuedAt: NOW }
      const grant = grantKeys(to, [{ scope: WEDDING, keyId, secret }], stolenKey)
      await plant(n, 'wrapped_keys', { deviceId: to.device, grant })
      await exchange(first)
    }
    await plantKey(40, '10000.AAAAAAAAAAA')
    expect(keyIdOf(await first.keys.border().outgoing(guest)), 'of an epoch that has not begun').toMatch(/^1\./)
    await plantKey(41, '9999.AAAAAAAAAAA')
    expect(keyIdOf(await first.keys.border().outgoing(guest))).toBe('9999.AAAAAAAAAAA')
    const ofThief = await memberOf(first, 'thief', { role: 'planner', weddings: 'all' })

    const { next, text } = await replaceKey(first, first, benBefore, philBefore)
    const [ana, ben, phil] = [
      await succeeding(first, text),
      await succeeding(benBefore, text),
      await succeeding(philBefore, text),
    ]
    const { publicKey } = await loadWrappingKeys(phil.replica.state)
    const { deviceId, grant } = phil.identity
    const certificate = { team: team.id, device: deviceId, publicKey, ...grant, issuedAt: NOW }
    await writeCertificate({ certificate }, next.privateKey, ana.replica.changes, ana.replica.author())
    await exchange(ana, ben, phil)
    const after = await ana.keys.border().outgoing(guest)
    expect(keyIdOf(after)).toMatch(/^10000\./)
    await ana.keys.rotate([WEDDING])
    await exchange(ana, ben, phil, ofThief)
    const rotated = await ben.keys.border().outgoing(guest)
    expect(keyIdOf(rotated)).toMatch(/^10001\./)
    for (const { keys } of [ana, ben]) {
      for (const sealed of [before, after, rotated]) {
        expect(encodeRecord(await opened(keys.border(), sealed))).toEqual(encodeRecord(guest))
      }
    }
    const diet = (record: CausalRecord) => ({
      ...record,
      units: new Map([...record.units].filter(([name]) => name === 'diet')),
    })
    for (const sealed of [before, after, rotated].map(diet)) {
      expect(await phil.keys.border().incoming(sealed)).toMatchObject({ ok: true })
    }
    for (const sealed of [after, rotated].map(diet)) {
      expect(await ofThief.keys.border().incoming(sealed)).toMatchObject({ ok: false })
    }
  })

  it('[KEY2] of two keys that were made at once all take one, and what was sealed below the other opens', async () => {
    const before = await owner()
    await wedding(before)
    const made = [await replaceKey(before, before), await replaceKey(before, before)]
    const [counts, other] = made.toSorted((a, b) => (a.next.publicKey < b.next.publicKey ? -1 : 1))
    if (!counts || !other) throw new Error('there are two')
    const guest = guestOf(before)
    const first = await succeeding(before, other.text)
    const sealed = await first.keys.border().outgoing(guest)
    const second = await succeeding(first, counts.text)
    expect(second.identity.team).toMatchObject({ publicKey: counts.next.publicKey, successions: [counts.text] })
    const again = await second.keys.border().outgoing(guest)
    expect(keyIdOf(again)).toMatch(/^10000\./)
    // The greater of the two, which may be that below the key that no longer counts: nobody but owners had that.
    expect(compareKeyIds(keyIdOf(again) ?? '', keyIdOf(sealed) ?? '')).toBeGreaterThanOrEqual(0)
    for (const each of [sealed, again]) {
      expect(encodeRecord(await opened(second.keys.border(), each))).toEqual(encodeRecord(guest))
    }
    // Whoever was only ever below the one that counts is given the other as well.
    const ben = await memberOf(second, 'ben', { role: 'planner', weddings: 'all' })
    await exchange(second, ben)
    expect(await ben.keys.border().incoming(sealed)).toMatchObject({ ok: true })
    expect(keyIdOf(await ben.keys.border().outgoing(guest))).toBe(keyIdOf(again))
  })

  it('keys that the team did not sign are not taken, and devices that it did not certify are given none', async () => {
    const ana = await owner()
    await wedding(ana)
    const phil = await memberOf(ana, 'phil', { role: 'photographer', weddings: 'all' })
    const forger = createTeamKeys()
    const { publicKey } = await loadWrappingKeys(phil.replica.state)
    const forged = {
      team: ana.identity.team.id,
      device: 'A'.repeat(43),
      publicKey,
      role: 'owner',
      weddings: 'all',
    } as const
    const certificate = certifyDevice({ ...forged, issuedAt: NOW }, forger.privateKey)
    await ana.replica.create({
      id: uuidOf(31),
      scope: ana.identity.team.id,
      table: 'device_keys',
      data: { deviceId: forged.device, certificate },
    })
    await exchange(ana, phil)
    await ana.keys.rotate([WEDDING])
    await exchange(ana, phil)
    const grants = await ana.replica.changes.inScope(ana.identity.team.id, { table: 'wrapped_keys' })
    expect(
      JSON.stringify(grants.flatMap(({ units }) => [...units.values()].map(({ registers }) => [...registers]))),
    ).not.toContain(forged.device)
    expect((await phil.keys.border().outgoing(guestOf(phil))).units.size).toBe(2)
  })
})
