/**
 * What an install does for the person at its own window, and for nobody else: who is here, the recovery kit, a new key for the team,
 * and becoming part of another team.
 */
import { mayEnterWedding } from '../../model/roles.ts'
import { readWords } from '../identity/recovery.ts'
import type { Caller, OwnDesk, ReplaceKeyError, ServerContext } from './context.ts'
import { forbidden, HttpError } from './errors.ts'
import type { Handlers } from './router.ts'

type Names =
  | 'presence'
  | 'recoveryKit'
  | 'makeRecoveryKit'
  | 'confirmRecoveryKit'
  | 'teamKey'
  | 'replaceTeamKey'
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
        'A kit was made, and its words are on paper: once that was said, no device has them any more',
      )
    },

    async confirmRecoveryKit({ caller }) {
      const { recoveryKit } = own(caller)
      if (!(await recoveryKit.confirm())) throw new HttpError(409, 'NO_KIT', 'No kit was made on this device yet')
      return { state: await recoveryKit.state() }
    },

    teamKey: ({ caller }) => own(caller).teamKey.state(),

    async replaceTeamKey({ caller, origin, body: { words, without } }) {
      const { teamKey } = own(caller)
      const secret = readWords(words)
      // Not quoted: they are a secret, even with a slip in them.
      if (!secret)
        throw new HttpError(400, 'NO_KIT_WORDS', 'These are not the 24 words of a recovery kit, in their order')
      const details = { without: [...without] }
      const subject = {
        event: 'revocation',
        resource: 'POST /team-key',
        caller,
        origin,
        risk: KIT_RISK,
        details,
      } as const
      const work = () => teamKey.replace(secret, without)
      const replaced = await context.trail.run(subject, work, ({ ok }) => [{ phase: ok ? 'done' : 'refused' }])
      if (replaced.ok) return undefined
      throw new HttpError(409, 'KEY_NOT_REPLACED', REPLACE_PROBLEMS[replaced.error])
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

/** Why a team's key was not replaced, in a sentence for a person. */
export const REPLACE_PROBLEMS: Readonly<Record<ReplaceKeyError, string>> = {
  'not-a-hub': 'This device may not read everything, so it cannot sign for the team: do this on a laptop that may',
  'older-team':
    'This team was founded by an earlier version, whose recovery kit cannot replace the key: begin a new team, and bring the weddings there by export and import',
  'other-kit':
    'These words are of another kit: it takes those of the kit that was made on the laptop that founded the team, or after the key was last replaced',
  'own-device': 'This device has to stay: shut out only others',
  'another-was-first': 'Another owner has replaced the key at the same time, and theirs counts: see what it says now',
}

/** Whoever has the words can read everything. */
const KIT_RISK = 60
