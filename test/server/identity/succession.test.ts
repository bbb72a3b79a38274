import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { provenWrappingKey, proveWrappingKey } from '../../../server/identity/deviceProof.ts'
import { createIdentity, type Identity } from '../../../server/identity/identity.ts'
import { kitKeys } from '../../../server/identity/recovery.ts'
import { foundingOf, lineOf, makeSuccession, type NewSuccession, ownPart } from '../../../server/identity/succession.ts'
import { createTeamKeys } from '../../../server/identity/token.ts'
import { createWrappingKeys } from '../../../server/identity/wrapping.ts'
import { NOW_MS } from './support.ts'

const kit = kitKeys(randomBytes(32))
const secondKit = kitKeys(randomBytes(32))
const ana = await createIdentity({ deviceName: 'Hub', personName: 'Ana', nowMs: NOW_MS, recoveryKey: kit.publicKey })
const ben = await createIdentity({ deviceName: 'Laptop', personName: 'Ben', nowMs: NOW_MS })
const thief = await createIdentity({ deviceName: 'Thief', personName: 'Eve', nowMs: NOW_MS })
const founding = foundingOf(ana.team)
const ofBen = createWrappingKeys()

function made({ team }: Pick<Identity, 'team'> = ana, more: Partial<NewSuccession> = {}) {
  const next = more.next ?? createTeamKeys()
  const part = { privateKey: next.privateKey, formerKeys: [team.privateKey ?? ''] }
  const stays = [{ device: ben.deviceId, wrappingKey: ofBen.publicKey, part }]
  const about = { team, kit, next, nextRecoveryKey: secondKit.publicKey, stays, madeBy: ana.deviceId, madeAt: NOW_MS }
  return { next, text: makeSuccession({ ...about, ...more }) }
}

/** The team as it stands after a succession, on a device that holds its key. */
function replacedBy({ next, text }: ReturnType<typeof made>): Pick<Identity, 'team'> {
  const { id, publicKey, privateKey = '', recoveryKey = '' } = ana.team
  return { team: { id, recoveryKey, ...next, founding: publicKey, successions: [text], formerKeys: [privateKey] } }
}

describe('a new key for a team', () => {
  it('[KEY1] counts with the signatures of the present key and of the recovery kit, and with no fewer', () => {
    const { next, text } = made()
    expect(lineOf(founding, [text])).toMatchObject({
      publicKey: next.publicKey,
      recoveryKey: secondKit.publicKey,
      successions: [text],
    })
    const forged = [
      // Whoever has a stolen laptop has the team's key, and may have made a kit with it.
      made(ana, { kit: kitKeys(randomBytes(32)) }),
      made(ana, { kit: { publicKey: ana.team.publicKey, privateKey: ana.team.privateKey ?? '' } }),
      // Whoever found the words has not signed with the key of the team.
      made({ team: { ...ana.team, privateKey: thief.team.privateKey ?? '' } }),
      made({ team: { ...ana.team, id: thief.team.id } }),
      { text: text.split('~')[0] ?? '' },
      { text: `${text}~${text.split('~')[1]}` },
      { text: `${text.slice(0, 40)}${text[40] === 'A' ? 'B' : 'A'}${text.slice(41)}` },
      { text: '' },
    ]
    for (const { text: other } of forged) expect(lineOf(founding, [other]).successions).toEqual([])
    expect(lineOf(founding, [...forged.map((each) => each.text), text]).successions).toEqual([text])
  })

  it('[KEY1] cannot be made for a team of which nobody knows a kit', () => {
    const { recoveryKey: _none, ...older } = founding
    expect(lineOf(older, [made().text]).successions).toEqual([])
  })

  it('[KEY2] is found from the founding, whatever comes in what order, and each takes the kit of its own time', () => {
    const first = made()
    const second = made(replacedBy(first), { kit: secondKit, nextRecoveryKey: kit.publicKey })
    const skipped = made(replacedBy(second), { kit: secondKit })
    const line = lineOf(founding, [skipped.text, second.text, first.text, first.text])
    expect(line.successions).toEqual([first.text, second.text])
    expect(line.latest?.epoch).toBe(2)
    expect(lineOf(founding, [second.text]).successions).toEqual([])
    const withOldKit = made(replacedBy(first))
    expect(lineOf(founding, [first.text, withOldKit.text]).successions).toEqual([first.text])
  })

  it('[KEY2] of two that owners made at once, everybody takes the same', () => {
    const both = [made(), made()]
    const texts = both.map(({ text }) => text)
    const chosen = lineOf(founding, texts).publicKey
    expect(chosen).toBe(both.map(({ next }) => next.publicKey).sort()[0])
    expect(lineOf(founding, texts.toReversed()).publicKey).toBe(chosen)
  })

  it('[KEY3] has its private half for those who stay, each for itself', () => {
    const { next, text } = made()
    const { latest } = lineOf(founding, [text])
    if (!latest) throw new Error('it counts')
    expect(ownPart(latest, ben.deviceId, ofBen)).toEqual({
      privateKey: next.privateKey,
      formerKeys: [ana.team.privateKey],
    })
    expect(ownPart(latest, ben.deviceId, createWrappingKeys())).toBeUndefined()
    expect(ownPart(latest, thief.deviceId, ofBen)).toBeUndefined()
    expect(text).not.toContain(next.privateKey)
  })
})

describe('the proof of a wrapping key', () => {
  it('[KEY3] can be given by the device alone, and for this key alone', () => {
    const proof = proveWrappingKey(ben, ofBen.publicKey)
    expect(provenWrappingKey(proof, ben.deviceId)).toBe(ofBen.publicKey)
    expect(provenWrappingKey(proof, thief.deviceId)).toBeUndefined()
    const [certificate, , signature] = proof.split('.')
    const ofThief = createWrappingKeys().publicKey
    const others = [
      [certificate, ofThief, signature].join('.'),
      [certificate, ofThief, proveWrappingKey(thief, ofThief).split('.')[2]].join('.'),
      proveWrappingKey({ certPem: ben.certPem, keyPem: thief.keyPem }, ofThief),
    ]
    for (const other of [...others, '', '..', undefined, 7]) {
      expect(provenWrappingKey(other, ben.deviceId)).toBeUndefined()
    }
  })
})
