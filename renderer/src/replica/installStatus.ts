/** What the server of an install tells its window, asked for again and again; and whether it is there at all. */
import type { BehaviorSubject } from 'rxjs'
import type { ClientError } from '../../../model/client/client.ts'
import { ok, type Result } from '../../../model/result.ts'
import { roleName } from '../../../model/roles.ts'
import type { PageApi } from './api.ts'
import type { ReplicaStatus } from './replica.ts'

type StatusApi = Pick<PageApi, 'installStatus'>

const EVERY_MS = 1_000
/** HTTP status. */
const UNAUTHENTICATED = 401
const LOST = 'WedSync on this computer has stopped. Nothing can be saved until you start it again.'

export async function readStatus(api: StatusApi): Promise<Result<ReplicaStatus, ClientError>> {
  const answer = await api.installStatus()
  if (!answer.ok) return answer
  const { role, grant, ...told } = answer.value
  return ok({
    ...told,
    role: role === 'hub' ? 'hub' : 'local',
    grant: {
      role: roleName.parse(grant.role),
      weddings: grant.weddings,
      ...(grant.vendors && { vendors: grant.vendors }),
    },
  })
}

/** Shows that the server is gone. */
export function lose(status: BehaviorSubject<ReplicaStatus>): void {
  status.next({ ...status.value, problem: LOST })
}

/**
 * Asks again and again, as long as the page is open. A server that does not answer is a problem that is shown. One that was
 * away and is back was opened again, perhaps as part of another team: the page begins anew. It does so too if the secret of
 * its launch opens nothing any more: the window was locked, and nothing of what it showed is to stay in it.
 * @param beginAnew called once, and nothing is asked after it
 */
export function followStatus(api: StatusApi, status: BehaviorSubject<ReplicaStatus>, beginAnew: () => void): void {
  const isLost = (): boolean => status.value.problem === LOST
  const ask = async (): Promise<void> => {
    // A server that ends closes the line to its database, and then still answers what it was asked before. A page that
    // began anew by such an answer would have nothing to load: only who was asked after the loss is back.
    const wasLost = isLost()
    const next = await readStatus(api)
    const isLocked = !next.ok && next.error.kind === 'refused' && next.error.status === UNAUTHENTICATED
    if (isLocked || (next.ok && wasLost)) {
      beginAnew()
      return
    }
    if (!next.ok) lose(status)
    else if (!isLost()) status.next(next.value)
    setTimeout(() => void ask(), EVERY_MS)
  }
  setTimeout(() => void ask(), EVERY_MS)
}
