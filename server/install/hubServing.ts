/** Whether this install serves others on the LAN just now: the door is opened and closed here, one at a time. */
import { ok, type Result } from '../../model/result.ts'
import type { Log } from '../log.ts'
import type { Lan, LanError, LanOptions } from './lan.ts'

export interface HubServing {
  lan(): Lan | undefined
  /** The running one if there is one. */
  start(options: LanOptions): Promise<Result<Lan, LanError>>
  stop(): Promise<void>
}

interface ServingParts {
  readonly open: (options: LanOptions) => Promise<Result<Lan, LanError>>
  readonly onStarted: () => Promise<void>
  readonly onStopped: () => void
  readonly log: Log
}

export function hubServing({ open, onStarted, onStopped, log }: ServingParts): HubServing {
  let lan: Lan | undefined
  return {
    lan: () => lan,
    async start(options) {
      if (lan) return ok(lan)
      const opening = await open(options)
      if (opening.ok) {
        lan = opening.value
        await onStarted()
        log('hub started', { url: lan.url })
      }
      return opening
    },
    async stop() {
      if (!lan) return
      const running = lan
      lan = undefined
      await running.stop()
      onStopped()
      log('hub stopped')
    },
  }
}
