import { z } from 'zod'

/** How a person settles a conflict (`wedsync-api.md` §1.4). */
export const resolveStrategy = z.enum(['use_client', 'use_server', 'merge_automatic', 'merge_manual', 'skip'])
export type ResolveStrategy = z.infer<typeof resolveStrategy>
