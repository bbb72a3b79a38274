/**
 * What an install does for the person at its own window, and for nobody else: who is here, the recovery kit, and becoming
 * part of another team.
 */
import { mayEnterWedding } from '../../model/roles.ts'
import type { Caller, OwnDesk, ServerContext } from './context.ts'
import { forbidden, HttpError } from './errors.ts'
import type { Handlers } from './router.ts'

type Names =
  | 'presence'
  | 'recoveryKit'
  | 'makeRecoveryKit'
  | 'confirmRecoveryKit'
  | 'joining'
  | 'startJoining'
  | 'stopJoining'

export function ownHandlers(context: ServerContext): Pick<Handlers, Names> {
  function own(caller: Caller): OwnDesk {
    if (!context.own) throw new HttpError(404, 'NOT_AN_INSTALL', 'This server has no window and nobody at it')
    if (!context.isOwn?.(caller)) throw forbidden('This is for the person at the device itself')
    return context.own
  }

  return {
    async presence({ caller, body: { weddingId, state } }) {
      const { presence } = own(caller)
      if (weddingId !== null && !mayEnterWedding(caller.grant, weddingId)) throw forbidden('This wedding is not yours')
      presence.tell(weddingId, state)
      const devices = presence.present().filter(({ scope }) => mayEnterWedding(caller.grant, scope))
      return {
        devices: devices.map(({ deviceId, scope, state: told }) => ({ deviceId, weddingId: scope, state: told })),
      }
    },

    async recoveryKit({ caller }) {
      return { state: await own(caller).recoveryKit.state() }
    },

    async makeRecoveryKit({ caller, origin }) {
      const { recoveryKit } = own(caller)
      const subject = { event: 'export', resource: 'POST /recovery-kit', caller, origin, risk: KIT_RISK } as const
      const words = await context.trail.run(subject, recoveryKit.words, (made) => [
        { phase: made ? 'done' : 'refused' },
      ])
      if (words) return { words: [...words] }
      throw new HttpError(
        409,
        'KIT_KEPT',
        'A kit was made, and its words are shown once: "wedsync recovery" shows them again on the device that made it',
      )
    },

    async confirmRecoveryKit({ caller }) {
      const { recoveryKit } = own(caller)
      if (!(await recoveryKit.confirm())) throw new HttpError(409, 'NO_KIT', 'No kit was made on this device yet')
      return { state: await recoveryKit.state() }
    },

    joining: async ({ caller }) => own(caller).joining.state(),

    async startJoining({ caller, body: { link, personName } }) {
      const { joining } = own(caller)
      if (!joining.start(link, personName))
        throw new HttpError(409, 'JOINING_ALREADY', 'This device is joining already')
      return joining.state()
    },

    async stopJoining({ caller }) {
      own(caller).joining.stop()
      return undefined
    },
  }
}

/** Whoever has the words can read everything. */
const KIT_RISK = 60
