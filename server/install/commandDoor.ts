/**
 * `/api/offline/command/…`: backup and check of an install whose key only this process has, for commands of this computer.
 * The secret is in `holder.json`, which this account alone may read, for as long as this process runs. Who may read it may
 * also start programs under this account; the window's lock is not for them (decision 0033).
 */
import express, { type RequestHandler, type Router } from 'express'
import type { z } from 'zod'
import type { Jobs } from '../backup/jobs.ts'
import { describeMakeBackupError } from '../backup/makeBackup.ts'
import type { DataDir } from '../identity/dataDir.ts'
import type { Log } from '../log.ts'
import { answerFailures, HttpError, parseInput } from '../rest/errors.ts'
import { nameRequest } from '../rest/guard.ts'
import { bearerOf } from './callers.ts'
import { type backupReply, backupRequest, COMMAND_PATH, type verifyReply } from './commandRoutes.ts'

export interface CommandDoorParts {
  readonly commandSecret: string
  readonly dataDir: DataDir
  readonly jobs: Pick<Jobs, 'backup' | 'verify'>
  readonly log: Log
}

export function commandDoor({ commandSecret, dataDir, jobs, log }: CommandDoorParts): Router {
  const { path, databaseFile, key: databaseKey } = dataDir
  const door = express.Router()
  const ofThisAccount: RequestHandler = (request, _response, next) => {
    if (bearerOf(request.headers.authorization) === commandSecret) return next()
    throw new HttpError(401, 'UNAUTHENTICATED', 'Unauthorized')
  }
  door.use(COMMAND_PATH, nameRequest, ofThisAccount, express.json({ limit: '10kb' }))

  door.post(`${COMMAND_PATH}/backup`, async (request, response) => {
    const order = parseInput(backupRequest, request.body ?? {})
    const made = await jobs.backup({ ...order, databaseFile, databaseKey, blobs: 'inside', nowMs: Date.now() })
    if (!made) throw closing()
    if (!made.ok) throw new HttpError(409, 'NO_BACKUP', describeMakeBackupError(made.error))
    const { key, ...told } = made.value
    const keyHex = Buffer.from(key).toString('hex')
    response.json({
      ...told,
      keyHex,
      missingBlobs: [...told.missingBlobs],
      damagedBlobs: [...told.damagedBlobs],
    } satisfies z.infer<typeof backupReply>)
  })

  door.post(`${COMMAND_PATH}/verify`, async (_request, response) => {
    const verified = await jobs.verify({ path, databaseFile, key: databaseKey })
    if (!verified) throw closing()
    if (!verified.ok)
      throw new HttpError(409, 'UNREADABLE', `${verified.error.file} cannot be read (${verified.error.detail})`)
    response.json(verified.value satisfies z.infer<typeof verifyReply>)
  })

  door.use(COMMAND_PATH, answerFailures(log))
  return door
}

function closing(): HttpError {
  return new HttpError(503, 'CLOSING', 'The app is closing: run this again when it is open')
}
