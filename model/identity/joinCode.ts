/**
 * Asking to be let in, where the link did not come by a camera: it was sent, so somebody may have read it, or put another one
 * in its place. Both screens show a short code made from what each side said, two people compare it, and only then the owner
 * lets the device in.
 *
 *     applicant                                              hub
 *         │ ── who I am, commitment = H(my nonce) ────────────► │
 *         │ ◄──────────────────────────────────── its nonce ─── │
 *         │ ── my nonce ──────────────────────────────────────► │  checks it against the commitment
 *         │      both: code = H(hub, applicant, invitation, both nonces), cut to eight digits
 *         │ ── my nonce, again and again ─────────────────────► │  waits for the owner, who compares the codes
 *
 * Neither side can choose its nonce after it has seen the other's, so somebody in the middle, who has to keep up two such talks,
 * or somebody else with the same link, has the same code by chance only: once in 10^8 for each time that it asks. (Vaudenay 2005,
 * authentication by short strings; the order of messages is that of MANA IV.) Without the commitment, 10^8 keys made
 * beforehand would do.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { z } from 'zod'
import { toBase64Url } from '../bytes.ts'

export const NONCE_BYTES = 32

/** 32 bytes, base64url. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** What an applicant adds to its request. A link that needs no approval takes no notice of it. */
export const joinAsk = z.object({ commitment: bytes32, nonce: bytes32.exactOptional() })
export type JoinAsk = z.infer<typeof joinAsk>

/** What the hub answers (202) to somebody who is not in yet. */
export const joinPending = z.discriminatedUnion('state', [
  z.object({ state: z.literal('reveal'), nonce: bytes32 }),
  z.object({ state: z.literal('waiting') }),
])
export type JoinPending = z.infer<typeof joinPending>

export interface JoinTranscript {
  /** Device id of the hub: the SHA-256 of its certificate. */
  readonly hub: string
  /** Device id of an install; of a browser, which has no certificate, its commitment. */
  readonly applicant: string
  /** {@link invitationId} of the link. */
  readonly invitation: string
  readonly applicantNonce: string
  readonly hubNonce: string
}

const GROUPS = 4
const CODES = 100n ** BigInt(GROUPS)

/** Names an invitation to those who know its secret, and gives nothing of the secret away. */
export function invitationId(secret: string): string {
  return toBase64Url(sha256(new TextEncoder().encode(secret)))
}

export function commitmentTo(nonce: string): string {
  return hash('wedsync join commitment 1', nonce)
}

/** Four groups of two digits, as `07 41 93 60`. */
export function joinCode({ hub, applicant, invitation, applicantNonce, hubNonce }: JoinTranscript): string {
  const digest = sha256(text('wedsync join code 1', hub, applicant, invitation, applicantNonce, hubNonce))
  const number = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) % CODES
  return (
    number
      .toString()
      .padStart(2 * GROUPS, '0')
      .match(/../g) ?? []
  ).join(' ')
}

export type Answer<R> =
  | { readonly kind: 'pending'; readonly pending: JoinPending }
  | { readonly kind: 'final'; readonly value: R }

export interface Asking<R> {
  /** Own nonce: 32 random bytes, base64url. */
  readonly nonce: string
  readonly about: Pick<JoinTranscript, 'hub' | 'applicant' | 'invitation'>
  send(ask: JoinAsk): Promise<Answer<R>>
  /** The code, for this device's screen. Called once. */
  onWaiting(code: string): void
  /** Between two questions; false gives up. */
  pause(): Promise<boolean>
}

/**
 * The applicant's side: asks until there is an answer.
 * @returns `gave-up`, or `contradiction` if the hub does not keep to the order of messages
 */
export async function askUntilAnswered<R>({
  nonce,
  about,
  send,
  onWaiting,
  pause,
}: Asking<R>): Promise<R | 'gave-up' | 'contradiction'> {
  const commitment = commitmentTo(nonce)
  let hubNonce: string | undefined
  let isShown = false
  for (;;) {
    const answer = await send({ commitment, ...(hubNonce !== undefined && { nonce }) })
    if (answer.kind === 'final') return answer.value
    const { pending } = answer
    if (pending.state === 'reveal') {
      // A second nonce, after it has seen ours, would be one that it chose.
      if (hubNonce !== undefined) return 'contradiction'
      hubNonce = pending.nonce
      continue
    }
    if (hubNonce === undefined) return 'contradiction'
    if (!isShown) onWaiting(joinCode({ ...about, applicantNonce: nonce, hubNonce }))
    isShown = true
    if (!(await pause())) return 'gave-up'
  }
}

function hash(...parts: readonly string[]): string {
  return toBase64Url(sha256(text(...parts)))
}

function text(...parts: readonly string[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(parts))
}
