/** Where a command finds the data of an install: in its folder, or in the running app, where only that has the key. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { err, ok, type Result } from '../../model/result.ts'
import { type DataPlace, holderOf, lookIntoDataDir } from '../identity/dataDir.ts'
import { postJson } from '../identity/postJson.ts'
import { COMMAND_PATH } from '../install/commandRoutes.ts'
import { type Failure, failed } from './exit.ts'
import { startFailure } from './startErrors.ts'

export interface RunningApp {
  readonly url: string
  readonly commandSecret: string
}

export type FoundInstall =
  | { readonly kind: 'folder'; readonly place: DataPlace }
  | { readonly kind: 'app'; readonly app: RunningApp }

/** A backup of many photos takes its time. */
const ANSWER_WITHIN_MS = 6 * 3_600_000

export function findInstall(dir: string): Result<FoundInstall, Failure> {
  const found = lookIntoDataDir(dir)
  if (found.ok) {
    if (found.value) return ok({ kind: 'folder', place: found.value })
    return err(failed(`There is no WedSync database in ${resolve(dir)}.`))
  }
  if (found.error.kind !== 'key-in-store') return err(startFailure({ kind: 'data-dir', error: found.error }))
  const { url, commandSecret } = holderOf(dir) ?? {}
  if (url !== undefined && commandSecret !== undefined) return ok({ kind: 'app', app: { url, commandSecret } })
  return err(isClosed(dir))
}

const refusal = z.object({ message: z.string() })

/** Has the running app do something. @param dir of the install, for what is said if that does not answer */
export async function askApp<T>(
  { url, commandSecret }: RunningApp,
  command: 'backup' | 'verify',
  body: object,
  reply: z.ZodType<T>,
  dir: string,
): Promise<Result<T, Failure>> {
  const answered = await postJson(`${url}${COMMAND_PATH}/${command}`, body, {
    token: commandSecret,
    timeoutMs: ANSWER_WITHIN_MS,
  })
  // One that was killed has left its address behind, and another program may have it by now.
  if (!answered.ok || answered.value.status === 401 || answered.value.status === 404) return err(isClosed(dir))
  const parsed = reply.safeParse(answered.value.body)
  if (answered.value.status === 200 && parsed.success) return ok(parsed.data)
  const refused = refusal.safeParse(answered.value.body)
  return err(failed(refused.data?.message ?? `The app answered ${answered.value.status}. Start it again.`))
}

function isClosed(dir: string): Failure {
  return failed(
    `The key of the database in ${resolve(dir)} is in this computer's key store, which only the app can open: open WedSync, and run this again while it is open.`,
  )
}
