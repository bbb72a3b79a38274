/** `POST /hub/joins` with `via: "cloud"`: a link for an install that never comes near this hub. */
import { unreachable } from '../../model/result.ts'
import type { CloudJoin, JoinRequest, ServerContext } from './context.ts'
import { HttpError } from './errors.ts'

export async function cloudJoin(context: ServerContext, request: JoinRequest): Promise<CloudJoin> {
  const made = await context.createCloudJoin?.(request)
  if (made?.ok) return made.value
  const error = made?.error ?? { kind: 'no-cloud' as const }
  switch (error.kind) {
    case 'no-cloud':
      throw new HttpError(404, 'JOINS_NOT_AVAILABLE', 'This device has no cloud through which another could join')
    case 'reads-too-little':
      throw new HttpError(
        400,
        'JOIN_VIA_HUB_ONLY',
        'Through the cloud only those can join who may read everything (owner or planner, all weddings): let others join at the hub',
      )
    case 'cloud-unreachable':
      throw new HttpError(503, 'CLOUD_UNREACHABLE', `The cloud did not take the invitation (${error.detail})`)
    default:
      return unreachable(error)
  }
}
