/** The switch of the hub, as its owner uses it: what it was set to is remembered, and the app comes back as what it was. */
import type { HubState } from '../../model/rest/hub.ts'
import { ok, type Result } from '../../model/result.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import type { StateStore } from '../../model/sync/changeStore.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { HubSwitch } from '../rest/context.ts'
import type { Lan, LanError, LanOptions } from './lan.ts'

/** Whether this install becomes the hub by itself when the hub is gone. */
export const TAKES_OVER = 'takeover'
const SERVING = 'serving'

interface HubSwitchParts {
  readonly identity: Identity
  readonly state: StateStore
  readonly lan: () => Lan | undefined
  readonly start: (options: LanOptions) => Promise<Result<Lan, LanError>>
  readonly stop: () => Promise<void>
}

export interface InstallSwitch extends HubSwitch {
  start(): Promise<Result<{ readonly url: string; readonly fingerprint: string }, LanError>>
  takesOver(): boolean
  /** It is about to be opened again, and is to be the hub then if it is now, whoever made it that. */
  keepServing(): Promise<void>
  /** Starts the hub if the switch was left on. One that cannot be started now does not keep the app from opening. */
  resume(log: Log): Promise<void>
}

export async function createHubSwitch({ identity, state, lan, start, stop }: HubSwitchParts): Promise<InstallSwitch> {
  const mayServe = mayServeAsHub(identity.grant)
  let takesOver = (await state.get(TAKES_OVER)) === true
  return {
    async state(): Promise<HubState> {
      const running = lan()
      return {
        serving: running !== undefined,
        mayServe,
        takesOver: mayServe && takesOver,
        ...(running && { url: running.url, fingerprint: running.fingerprint }),
      }
    },
    async start() {
      const started = await start({})
      if (!started.ok) return started
      await state.set(SERVING, true)
      return ok({ url: started.value.url, fingerprint: started.value.fingerprint })
    },
    async stop() {
      await state.set(SERVING, false)
      await stop()
    },
    async setTakesOver(allowed) {
      await state.set(TAKES_OVER, allowed)
      takesOver = allowed
    },
    takesOver: () => mayServe && takesOver,
    async keepServing() {
      if (lan()) await state.set(SERVING, true)
    },
    async resume(log) {
      if ((await state.get(SERVING)) !== true) return
      const started = await start({})
      if (!started.ok) log('the hub could not be started again', { kind: started.error.kind })
    },
  }
}
