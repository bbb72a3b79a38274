/** `GET /hub/joins` and `POST /hub/joins/:joinId`: who asks to be let in, and the owner's word. */
import type { JoinEntry } from '../../model/rest/hub.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import type { Caller, JoinDesk, ServerContext } from './context.ts'
import { forbidden, HttpError, missing } from './errors.ts'
import type { Handlers } from './router.ts'

const ERRORS = {
  'nobody-asks': { code: 'NOBODY_ASKS', message: 'Nobody asks to be let in with this invitation just now' },
  'other-code': { code: 'OTHER_CODE', message: 'Another device asks by now: compare its code anew' },
} as const

export function joinHandlers(context: ServerContext): Pick<Handlers, 'joins' | 'decideJoin'> {
  function desk(): JoinDesk {
    if (context.joinDesk) return context.joinDesk
    throw new HttpError(404, 'JOINS_NOT_AVAILABLE', 'Nobody can join at this server')
  }

  return {
    async joins({ caller }) {
      return { joins: (await desk().open()).filter((join) => mayDecide(caller, join)) }
    },

    async decideJoin({ caller, origin, params: { joinId }, body }) {
      const join = (await desk().open()).find((each) => each.joinId === joinId)
      if (!join) throw missing('There is no such invitation, or it was used, declined or has expired')
      if (!mayDecide(caller, join)) throw forbidden('Nobody may let others do more than they may do themselves')
      const { personName, deviceName } = join.asking ?? {}
      const details = { decision: body.decision, role: join.role, ...(personName && { personName, deviceName }) }
      const subject = { event: 'join', resource: 'POST /hub/joins/:joinId', caller, origin, details } as const
      const decided = await context.trail.run(
        subject,
        () => desk().decide(joinId, body),
        ({ ok }) => [{ phase: ok ? 'done' : 'refused' }],
      )
      if (decided.ok) return undefined
      if (decided.error === 'unknown') throw missing('There is no such invitation any more')
      const { code, message } = ERRORS[decided.error]
      throw new HttpError(409, code, message)
    },
  }
}

/** As whoever makes an invitation: an owner is let in by an owner only. */
function mayDecide({ grant }: Caller, { role }: JoinEntry): boolean {
  return grant.role === 'owner' || (role !== 'owner' && mayServeAsHub(grant))
}
