import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../../../model/bytes.ts'
import {
  type Answer,
  askUntilAnswered,
  commitmentTo,
  invitationId,
  type JoinAsk,
  type JoinPending,
  joinCode,
} from '../../../model/identity/joinCode.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64Url)
const transcript = fc.record({
  hub: bytes32,
  applicant: bytes32,
  invitation: bytes32,
  applicantNonce: bytes32,
  hubNonce: bytes32,
})

const nonce = toBase64Url(new Uint8Array(32).fill(1))
const hubNonce = toBase64Url(new Uint8Array(32).fill(2))
const about = { hub: 'the hub', applicant: 'the device', invitation: invitationId('secret') }
const reveal: JoinPending = { state: 'reveal', nonce: hubNonce }
const waiting: JoinPending = { state: 'waiting' }

/** Asks a hub that answers these, and then lets the device in. */
async function ask(...pendings: JoinPending[]) {
  const asked: JoinAsk[] = []
  const codes: string[] = []
  const answered = await askUntilAnswered<string>({
    nonce,
    about,
    async send(question): Promise<Answer<string>> {
      asked.push(question)
      const pending = pendings.shift()
      return pending ? { kind: 'pending', pending } : { kind: 'final', value: 'in' }
    },
    onWaiting: (code) => codes.push(code),
    pause: async () => true,
  })
  return { asked, codes, answered }
}

describe('the code that both screens show', () => {
  it('is four groups of two digits, the same for the same talk, and another one as soon as anything differs', () => {
    fc.assert(
      fc.property(
        transcript,
        fc.constantFrom('hub', 'applicant', 'invitation', 'applicantNonce', 'hubNonce'),
        (talk, part) => {
          const code = joinCode(talk)
          expect(code).toMatch(/^\d\d \d\d \d\d \d\d$/)
          expect(joinCode({ ...talk })).toBe(code)
          // By chance once in 10^8.
          expect(joinCode({ ...talk, [part]: `${talk[part]}x` })).not.toBe(code)
        },
      ),
    )
  })

  it('does not depend on where one part ends and the next begins', () => {
    const base = { invitation: 'i', applicantNonce: 'n', hubNonce: 'm' }
    expect(joinCode({ hub: 'ab', applicant: 'c', ...base })).not.toBe(joinCode({ hub: 'a', applicant: 'bc', ...base }))
  })
})

describe('an applicant', () => {
  it('is in at once with a link that needs no approval, and has told its commitment only', async () => {
    const { asked, codes, answered } = await ask()
    expect([answered, codes]).toEqual(['in', []])
    expect(asked).toEqual([{ commitment: commitmentTo(nonce) }])
  })

  it('tells its nonce only after it was given one, shows the code once, and asks until it is let in', async () => {
    const { asked, codes, answered } = await ask(reveal, waiting, waiting)
    const told = { commitment: commitmentTo(nonce), nonce }
    expect(answered).toBe('in')
    expect(asked).toEqual([{ commitment: commitmentTo(nonce) }, told, told, told])
    expect(codes).toEqual([joinCode({ ...about, applicantNonce: nonce, hubNonce })])
  })

  it('does not go on with a hub that gives it a second nonce after it has told its own, or lets it wait without one', async () => {
    expect((await ask(reveal, { ...reveal, nonce })).answered).toBe('contradiction')
    expect((await ask(waiting)).answered).toBe('contradiction')
  })

  it('may give up', async () => {
    const answered = await askUntilAnswered<string>({
      nonce,
      about,
      send: async ({ nonce: told }) => ({ kind: 'pending', pending: told === undefined ? reveal : waiting }),
      onWaiting: () => undefined,
      pause: async () => false,
    })
    expect(answered).toBe('gave-up')
  })
})
