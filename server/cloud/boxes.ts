/**
 * Boxes that the cloud keeps for whoever comes with their name, and cannot open: invitations, each given out once, and the
 * boxes of recovery kits. Asking needs no token, since who asks has no place in the team yet; a name is 32 random bytes.
 */
import { createHash } from 'node:crypto'
import express, { type Request, type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { viewRecord } from '../../model/merge/view.ts'
import { mayServeAsHub } from '../../model/roles.ts'
import type { PostgresStore } from '../changes/postgres.ts'
import { JOIN_PATH, JOIN_REFUSALS, type JoinRefusal } from '../identity/joinProtocol.ts'
import { recoveryRecordId } from '../identity/recovery.ts'
import { bearerOf } from '../install/callers.ts'
import { INVITATIONS_PATH, RECOVERY_PATH } from '../install/calls.ts'
import type { Log } from '../log.ts'
import { limitJoins } from '../protection/limits.ts'
import { logRequests } from '../protection/requestLog.ts'
import type { Caller } from '../rest/context.ts'
import { answerFailures, forbidden, HttpError, parseInput } from '../rest/errors.ts'
import { nameRequest } from '../rest/guard.ts'
import { boxRequest, invitation } from './doors.ts'

const stored = z.object({ box: z.string().optional(), expiresAt: z.number() })

export function boxRoutes(
  { changes, state, replaceFact }: PostgresStore,
  authenticate: (token: string) => Promise<Caller | undefined>,
  log: Log,
): Router {
  const router = Router()
  const json = express.json({ limit: '300kb' })
  const paths = [INVITATIONS_PATH, JOIN_PATH, RECOVERY_PATH]
  router.use(paths, logRequests(log), nameRequest, limitJoins())
  router.post(INVITATIONS_PATH, json, handled(keepInvitation))
  router.post(JOIN_PATH, json, handled(giveInvitation))
  router.post(RECOVERY_PATH, json, handled(giveRecoveryBox))
  router.use(paths, answerFailures(log))

  async function keepInvitation(request: Request): Promise<unknown> {
    const token = bearerOf(request.headers.authorization)
    const caller = token === undefined ? undefined : await authenticate(token)
    if (!caller) throw new HttpError(401, 'UNAUTHENTICATED', 'Unauthorized')
    if (!mayServeAsHub(caller.grant)) throw forbidden('Only a device that may read everything lets others in here')
    const { name, box, expiresAt } = parseInput(invitation, request.body)
    await state.set(invitationKey(name), { box, expiresAt })
    log('invitation kept', { team: caller.team })
    return {}
  }

  async function giveInvitation(request: Request): Promise<unknown> {
    const { name } = parseInput(boxRequest, request.body)
    const key = invitationKey(name)
    const fact = (await state.get(key)) ?? undefined
    const known = stored.optional().parse(fact)
    if (!known) throw refusal('unknown')
    if (known.box === undefined) throw refusal('used')
    if (Date.now() >= known.expiresAt) throw refusal('expired')
    // The box is gone with this, and only that it was used is kept. Of two who come at once with one link, to whichever
    // processes of the cloud, one gets it.
    if (!(await replaceFact(key, fact, { expiresAt: known.expiresAt }))) throw refusal('used')
    log('invitation given out', {})
    return { box: known.box }
  }

  async function giveRecoveryBox(request: Request): Promise<unknown> {
    const id = recoveryRecordId(parseInput(boxRequest, request.body).name)
    const record = (await changes.records([id])).get(id)
    if (record?.table !== 'recovery_boxes') throw new HttpError(404, 'NOT_FOUND', 'No team has this recovery kit')
    const { data, deleted } = viewRecord(record)
    if (deleted) throw new HttpError(404, 'NOT_FOUND', 'This recovery kit is of a key that the team has replaced')
    const { box, deviceId } = data
    const grants = (await changes.inScope(record.scope, { table: 'wrapped_keys' }))
      .map((each) => viewRecord(each).data)
      .filter((data) => data.deviceId === deviceId)
      .map(({ grant }) => grant)
    log('recovery box given out', { team: record.scope })
    return { box, grants }
  }

  return router
}

function handled(work: (request: Request) => Promise<unknown>): RequestHandler {
  return async (request, response) => {
    response.json(await work(request))
  }
}

function refusal(reason: JoinRefusal): HttpError {
  const { status, code, error } = JOIN_REFUSALS[reason]
  return new HttpError(status, code, error)
}

/** Not the name itself: who reads the database must not be able to ask with it. */
function invitationKey(name: string): string {
  return `invitation/${createHash('sha256').update(name).digest('base64url')}`
}
