/**
 * `POST /api/offline/successions`, at every hub and cloud: two who do not know each other's tokens tell each other how the team came to its
 * present key. Nobody needs a token for it, as what counts is signed twice (`server/identity/succession.ts`), and for everybody else it is noise.
 */
import express, { type Router } from 'express'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import type { PinOptions } from '../identity/pinned.ts'
import { postJson } from '../identity/postJson.ts'
import { MAX_EPOCH, successionText, type Team } from '../identity/team.ts'
import type { Log } from '../log.ts'
import { limitAll } from '../protection/limits.ts'
import { logRequests } from '../protection/requestLog.ts'
import { answerFailures, missing, parseInput } from './errors.ts'
import { nameRequest } from './guard.ts'

export const SUCCESSIONS_PATH = '/api/offline/successions'

const TIMEOUT_MS = 15_000
const NOT_FOUND = 404

export const teamKeyExchange = z.object({ team: z.uuid(), successions: z.array(successionText).max(MAX_EPOCH) })
export const teamKeyReply = z.object({ successions: z.array(successionText).max(MAX_EPOCH) })

/**
 * @param meet takes statements of a team, and tells those that count here by now; `undefined` for a team that is not known here.
 * What follows from them is to wait until the answer is sent.
 */
export function teamKeyDoor(
  meet: (team: string, successions: readonly string[]) => Promise<readonly string[] | undefined>,
  log: Log,
): Router {
  const door = express.Router()
  door.use(SUCCESSIONS_PATH, logRequests(log), nameRequest, limitAll())
  door.post(SUCCESSIONS_PATH, express.json({ limit: '1mb' }), async (request, response) => {
    const { team, successions } = parseInput(teamKeyExchange, request.body)
    const known = await meet(team, successions)
    if (!known) throw missing('No such team is known here')
    response.json({ successions: [...known] } satisfies z.infer<typeof teamKeyReply>)
  })
  door.use(SUCCESSIONS_PATH, answerFailures(log))
  return door
}

/** Whom to tell, and by what certificate it is known. */
export interface TeamKeyPeer {
  readonly url: string
  readonly fingerprint?: string | undefined
  readonly own?: PinOptions['own']
}

/** @returns what the other one goes by, or why it did not say: `not-known-there` if it cannot, or does not know the team */
export async function exchangeTeamKey(
  { url, fingerprint, own }: TeamKeyPeer,
  { id, successions = [] }: Team,
): Promise<Result<readonly string[], string>> {
  const body: z.infer<typeof teamKeyExchange> = { team: id, successions: [...successions] }
  const options = { timeoutMs: TIMEOUT_MS, ...(fingerprint !== undefined && { fingerprint }), ...(own && { own }) }
  const reply = await postJson(new URL(SUCCESSIONS_PATH, url).href, body, options)
  if (!reply.ok) return err(reply.error.kind)
  const told = teamKeyReply.safeParse(reply.value.body)
  if (reply.value.status === NOT_FOUND) return err('not-known-there')
  return told.success ? ok(told.data.successions) : err(`status ${reply.value.status}`)
}
