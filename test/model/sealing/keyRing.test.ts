import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../../../model/merge/codec.ts'
import { readSealed } from '../../../model/merge/envelope.ts'
import { mayRead, ROLES, type Role } from '../../../model/roles.ts'
import { branchesFor } from '../../../model/sealing/branches.ts'
import { compareKeyIds, createKeyRing, KEY_ID_PATTERN, type KeyEntry } from '../../../model/sealing/keyRing.ts'
import { READ_CLASSES, TABLES } from '../../../model/tables/index.ts'
import { nodeAead } from '../../../server/identity/nodeAead.ts'
import { newRecord, WEDDING_ID } from '../../support/mergeHelpers.ts'
import { borderOf, opened, secretOf, teamBorder } from '../../support/sealing.ts'

const team = createKeyRing({ roots: [secretOf(1)], entries: [] }, nodeAead)

function entriesFor(role: Role): readonly KeyEntry[] {
  return branchesFor(role).map((branch) => {
    const name = { scope: WEDDING_ID, keyId: '0', ...branch }
    const secret = team.secret(name)
    if (!secret) throw new Error('the team holds every key')
    return { ...name, secret }
  })
}

const ROTATED = '1.AAAAAAAAAAA'

describe('the key ring', () => {
  it('[SEA7] a role is given what opens the classes and tables that it may read, and nothing else', () => {
    for (const role of ROLES) {
      const ring = createKeyRing({ entries: entriesFor(role) }, nodeAead)
      for (const table of [...TABLES.keys(), 'table_of_a_newer_version']) {
        for (const readClass of READ_CLASSES) {
          const holds = ring.current({ scope: WEDDING_ID, table, readClass }) !== undefined
          expect([role, table, readClass, holds]).toEqual([role, table, readClass, mayRead(role, table, readClass)])
        }
      }
      expect(ring.current({ scope: '00000000-0000-4000-8000-000000000099', table: 'guests', readClass: 'open' })).toBe(
        undefined,
      )
    }
  })

  it('[SEA7] what a role was given opens what the team has sealed, and the other way round', async () => {
    const photographer = borderOf(entriesFor('photographer'))
    const guest = newRecord('guests', { name: 'Ada', allergies: ['nuts'], phone: '123' })
    const sealed = await teamBorder().outgoing(guest)
    const readable = { ...sealed, units: new Map([...sealed.units].filter(([name]) => name !== 'private')) }
    const seen = await opened(photographer, readable)
    expect([...seen.units.keys()].sort()).toEqual(['diet', 'open'])
    expect(await photographer.outgoing(seen)).toEqual(readable)
  })

  it('[SEA7] a unit without a key is left out, as if the peer might not read it', async () => {
    const viewer = borderOf(entriesFor('viewer'))
    const guest = newRecord('guests', { name: 'Ada', phone: '123' })
    expect([...(await viewer.outgoing(guest)).units.keys()]).toEqual(['open'])
    expect([...viewer.outline(guest).units.keys()]).toEqual(['open'])
  })

  it('[SEA8] after a rotation new seals take the new key, old ones open, and names and tags stay', async () => {
    const before = teamBorder()
    const after = teamBorder(1, [{ scope: WEDDING_ID, keyId: ROTATED, secret: secretOf(9) }])
    const guest = newRecord('guests', { name: 'Ada', allergies: ['nuts'] })
    const [old, young] = [await before.outgoing(guest), await after.outgoing(guest)]
    expect(readSealed(young.units.get('open')?.registers.get('name')?.[0]?.value)?.keyId).toBe(ROTATED)
    expect(encodeRecord(await opened(after, old))).toEqual(encodeRecord(guest))
    expect(encodeRecord(await opened(after, young))).toEqual(encodeRecord(guest))
    expect(after.outline(guest)).toEqual(before.outline(guest))
    expect(await before.incoming(young)).toMatchObject({
      ok: false,
      error: { reason: `this device does not have the key ${ROTATED} of allergies` },
    })
  })

  it('[SEA8] of two rotations at once, every device takes the same for new seals', () => {
    const ids = ['1.BBBBBBBBBBB', '0', '10.AAAAAAAAAAA', '2.AAAAAAAAAAA', ROTATED]
    expect(ids.sort(compareKeyIds)).toEqual(['0', ROTATED, '1.BBBBBBBBBBB', '2.AAAAAAAAAAA', '10.AAAAAAAAAAA'])
    for (const id of ids) expect(id).toMatch(KEY_ID_PATTERN)
    const entries = ['1.BBBBBBBBBBB', ROTATED].map((keyId) => ({ scope: WEDDING_ID, keyId, secret: secretOf(2) }))
    const place = { scope: WEDDING_ID, table: 'guests', readClass: 'open' }
    for (const order of [entries, entries.toReversed()]) {
      expect(createKeyRing({ roots: [secretOf(1)], entries: order }, nodeAead).current(place)?.keyId).toBe(
        '1.BBBBBBBBBBB',
      )
    }
  })
})
