import { z } from 'zod'
import { MAX_CHILDREN, MAX_PROBED, place } from './probe.ts'

/** Hexadecimal: of a unit 128 bits, of an inner node 256. */
const hash = z.string().regex(/^([0-9a-f]{32}|[0-9a-f]{64})$/)

/** The answer to a probe. A place that has more branches than fit is left out. */
export const nodes = z.strictObject({
  type: z.literal('nodes'),
  scope: z.uuid(),
  nodes: z
    .array(
      z.union([
        /** Next step of the path, and the digest of what is there. */
        z.strictObject({ path: place, children: z.array(z.tuple([z.string().max(50), hash])).max(MAX_CHILDREN) }),
        /** Record id, and the hash of its unit. */
        z.strictObject({ path: place, records: z.array(z.tuple([z.string().max(100), hash])).max(MAX_CHILDREN) }),
      ]),
    )
    .max(MAX_PROBED),
})
