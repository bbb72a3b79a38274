/** What an install does for the person at its window (`server/rest/ownRoutes.ts`). */
import type { JoiningState } from '../../model/rest/joining.ts'
import type { RecoveryKitState } from '../../model/rest/recovery.ts'
import type { Result } from '../../model/result.ts'
import type { PresenceRoom } from '../../model/sync/presence.ts'
import type { Scheduler } from '../../model/sync/scheduler.ts'
import type { Identity } from '../identity/identity.ts'
import type { LinkError } from '../identity/joinLink.ts'
import { describeJoinError, type JoinError, type JoinOptions } from '../identity/joinTeam.ts'
import type { OwnJoining, OwnPresence, OwnRecoveryKit } from '../rest/context.ts'
import type { TeamClash } from './joining.ts'

/** A window repeats itself every two seconds; one that was closed, or has crashed, is nowhere after this. */
const WINDOW_LIFE_MS = 8_000

export function ownPresence(room: PresenceRoom, scheduler: Scheduler): OwnPresence {
  let told: string | undefined
  let scope: string | undefined
  let cancelEnd: (() => void) | undefined

  function leave(): void {
    if (scope !== undefined) room.announce(scope, null)
    scope = undefined
    told = undefined
  }

  return {
    tell(weddingId, state) {
      cancelEnd?.()
      cancelEnd = undefined
      if (weddingId === null) return leave()
      cancelEnd = scheduler.after(WINDOW_LIFE_MS, leave)
      const now = JSON.stringify([weddingId, state])
      if (now === told) return
      told = now
      scope = weddingId
      room.announce(weddingId, state)
    },
    present: () => room.present(),
  }
}

interface KitParts {
  readonly kitState: () => Promise<RecoveryKitState>
  /** Makes the kit, or gives the words of the one made here; `undefined` where none can be made. */
  readonly words: () => Promise<string | undefined>
  readonly forget: () => Promise<void>
}

export function ownRecoveryKit({ kitState, words, forget }: KitParts): OwnRecoveryKit {
  return {
    state: kitState,
    async words() {
      return (await kitState()) === 'made' ? undefined : (await words())?.split(' ')
    },
    async confirm() {
      if ((await kitState()) !== 'unconfirmed') return false
      await forget()
      return true
    },
  }
}

type Join = (
  link: string,
  personName: string | undefined,
  options: JoinOptions,
) => Promise<Result<Identity, JoinError | LinkError | TeamClash>>

/** @param onJoined the install has to be opened again, as part of the other team */
export function ownJoining(join: Join, onJoined: () => Promise<void>, onFault: (fault: unknown) => void): OwnJoining {
  let now: JoiningState = { state: 'idle' }
  let cancel: AbortController | undefined

  async function follow(joining: ReturnType<Join>, signal: AbortSignal): Promise<void> {
    const joined = await joining
    if (joined.ok) {
      now = { state: 'joined' }
      await onJoined()
    } else now = signal.aborted ? { state: 'idle' } : { state: 'failed', message: wordsFor(joined.error) }
  }

  return {
    state: () => now,
    start(link, personName) {
      if (now.state === 'asking' || now.state === 'waiting' || now.state === 'joined') return false
      const aborting = new AbortController()
      cancel = aborting
      now = { state: 'asking' }
      const onWaiting = (code: string): void => {
        now = { state: 'waiting', code }
      }
      follow(join(link, personName, { onWaiting, signal: aborting.signal }), aborting.signal).catch(
        (fault: unknown) => {
          now = {
            state: 'failed',
            message: 'Something went wrong on this device: start WedSync again, then try the link again.',
          }
          onFault(fault)
        },
      )
      return true
    },
    stop: () => cancel?.abort(),
  }
}

function wordsFor(error: JoinError | LinkError | TeamClash): string {
  if (error.kind !== 'team-clash') return describeJoinError(error)
  return 'This device has weddings of its own, which joining would mix up with those of the team: start WedSync with a new, empty folder (--data DIR), and join there.'
}
