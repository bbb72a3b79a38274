/** `/api/offline/window…`: for the window that this process has opened, by the secret of its launch. */
import express, { type RequestHandler, type Response, type Router } from 'express'
import type { z } from 'zod'
import { type OwnDraft, type ownDraftsReply, unlockRequest, windowLockRequest } from '../../model/rest/window.ts'
import type { Log } from '../log.ts'
import { type DraftLetter, draftLetters } from '../rest/draftLetters.ts'
import { answerFailures, HttpError, parseInput } from '../rest/errors.ts'
import { nameRequest } from '../rest/guard.ts'
import { bearerOf, personOf } from './callers.ts'
import type { InstallParts } from './context.ts'
import { IDLE_MS, type LockRefusal, type WindowLock } from './windowLock.ts'

export interface WindowDoorParts extends Pick<InstallParts, 'identity' | 'people' | 'store'> {
  readonly launchSecret: string
  readonly lock: WindowLock
  readonly log: Log
}

const MINUTE_MS = 60_000

export function windowDoor({ identity, people, store, launchSecret, lock, log }: WindowDoorParts): Router {
  const door = express.Router()

  const ofThisLaunch: RequestHandler = (request, _response, next) => {
    if (bearerOf(request.headers.authorization) === launchSecret) return next()
    throw new HttpError(401, 'UNAUTHENTICATED', 'Unauthorized')
  }
  const unlocked: RequestHandler = (_request, _response, next) => {
    if (lock.isLocked()) throw new HttpError(423, 'LOCKED', 'The window is locked')
    next()
  }

  door.use('/window', nameRequest, ofThisLaunch, express.json({ limit: '10kb' }))
  door.get('/window', unlocked, async (_request, response) => {
    const { team, userId, deviceId } = identity
    response.json({ team: team.id, userId, deviceId, actor: await people.actor(personOf(identity)) })
  })
  door.get('/window/drafts', unlocked, async (_request, response) => {
    const letters = await draftLetters(store, await store.changes.scopes())
    response.json({ drafts: letters.map(ownDraftOf) } satisfies z.infer<typeof ownDraftsReply>)
  })
  door.get('/window/lock', unlocked, (_request, response) => {
    response.json({ isSet: lock.isSet(), idleMinutes: IDLE_MS / MINUTE_MS })
  })
  door.put('/window/lock', unlocked, async (request, response) => {
    const { passphrase, current } = parseInput(windowLockRequest, request.body ?? {})
    done(response, await lock.set(passphrase, current))
  })
  door.post('/window/lock', unlocked, (_request, response) => {
    if (!lock.lock()) throw new HttpError(409, 'NO_LOCK', 'No passphrase is set, so nothing could be unlocked again')
    response.status(204).end()
  })
  door.post('/window/unlock', async (request, response) => {
    const { passphrase } = parseInput(unlockRequest, request.body ?? {})
    done(response, await lock.unlock(passphrase))
  })
  door.post('/window/active', unlocked, (_request, response) => {
    lock.touch()
    response.status(204).end()
  })
  door.use('/window', answerFailures(log))
  return door
}

function ownDraftOf({ letterId, scope, reason, raw, fields }: DraftLetter): OwnDraft {
  return { id: letterId, weddingId: scope, reason, record: raw, fields }
}

function done(response: Response, result: { readonly ok: true } | { readonly ok: false; readonly error: LockRefusal }) {
  if (result.ok) response.status(204).end()
  else if (result.error === 'wrong') throw new HttpError(403, 'WRONG_PASSPHRASE', 'This is not the passphrase')
  else throw new HttpError(429, 'RATE_LIMITED', 'Too many wrong passphrases: wait a minute and try again')
}
