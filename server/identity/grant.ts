/** A grant as it comes from outside: in tokens, join links and the stored identity. */
import { z } from 'zod'
import { type Grant, MAX_OWN_VENDORS, ROLES } from '../../model/roles.ts'

/** A token carries the list and must fit into the first message of a sync connection; beyond this, grant `all`. */
export const MAX_GRANTED_WEDDINGS = 60

export const grantSchema = z.object({
  role: z.enum(ROLES),
  weddings: z.union([z.literal('all'), z.array(z.uuid()).max(MAX_GRANTED_WEDDINGS).readonly()]),
  vendors: z.array(z.uuid()).max(MAX_OWN_VENDORS).readonly().exactOptional(),
}) satisfies z.ZodType<Grant>

/** The grant in what says more than that. */
export function grantOf({ role, weddings, vendors }: Grant): Grant {
  return { role, weddings, ...(vendors && { vendors }) }
}
