/** What the REST API does where a team's values are sealed, as at the cloud. */
import type { Caller, Sealing, ServerContext } from './context.ts'
import { HttpError } from './errors.ts'

/** `undefined` where the values of the caller's team are open. */
export async function sealingOf({ sealing }: ServerContext, { team }: Caller): Promise<Sealing | undefined> {
  return (await sealing?.isSealed(team)) ? sealing : undefined
}

/** @param message what to do instead */
export function sealedHere(message: string, extra: Readonly<Record<string, unknown>> = {}): HttpError {
  return new HttpError(409, 'SEALED', message, extra)
}
