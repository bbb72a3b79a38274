import { teamBorder } from '../support/sealing.ts'
import { oursWith } from './syncOurs.ts'

/** Ours with a server that merges values which it cannot read, as a cloud does. */
export const adapter = oursWith({ border: teamBorder() })
