/** The identity of an install that runs: its token is renewed meanwhile, and joining another team puts another one on disk. */
import type { StateStore } from '../../model/sync/changeStore.ts'
import { type Identity, renewOwnToken, saveIdentity } from '../identity/identity.ts'
import { isRenewalOf } from '../identity/token.ts'
import type { Log } from '../log.ts'

export interface HeldIdentity {
  now(): Identity
  /** With a token of this moment, if this install can mint one: a hub may run for months. */
  fresh(): Identity
  /** Takes a token that a hub sent, if it is one for this device. */
  renewed(token: string): void
  /**
   * Runs what writes another identity, with no renewal in between that would put the former one in its place. Once it has
   * succeeded there is none any more: this install has to be opened again.
   */
  whileJoining<T extends { readonly ok: boolean }>(join: (identity: Identity) => Promise<T>): Promise<T>
}

export function holdIdentity(loaded: Identity, state: StateStore, log: Log): HeldIdentity {
  let identity = loaded
  let saving: Promise<void> = Promise.resolve()
  let isJoining = false

  async function save(): Promise<void> {
    try {
      await saveIdentity(state, identity)
      log('token renewed')
    } catch (cause) {
      log('a renewed token could not be kept', { reason: cause instanceof Error ? cause.message : 'unknown' })
    }
  }

  return {
    now: () => identity,
    fresh() {
      identity = renewOwnToken(identity, Date.now())
      return identity
    },
    renewed(token) {
      if (isJoining) return // a hub offers it again
      if (!isRenewalOf(token, identity.token, identity.team.publicKey)) {
        log('a renewed token is not for this device')
        return
      }
      identity = { ...identity, token }
      saving = save()
    },
    async whileJoining(join) {
      isJoining = true
      let hasJoined = false
      try {
        await saving
        const joined = await join(identity)
        hasJoined = joined.ok
        return joined
      } finally {
        isJoining = hasJoined
      }
    },
  }
}
