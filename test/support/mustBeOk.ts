import type { Result } from '../../model/result.ts'

/** The value; throws with the error if there is none. */
export function mustBeOk<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
