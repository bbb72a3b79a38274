/** The venue hub: joining, taking over, what the cloud merges without reading it, and what sealing costs. */

import { nodeAead } from '../../server/identity/nodeAead.ts'
import { rounded } from './median.ts'
import type { Figure } from './run.ts'
import { recordsPerSecond } from './seal.ts'
import { sealInBrowser } from './sealBrowser.ts'
import { sealedJoins } from './sealedJoins.ts'
import { sealTasks } from './sealTasks.ts'
import { tabletJoin } from './tabletJoin.ts'
import { takeovers } from './takeover.ts'

/** @param only one part alone: `tablet`, `takeover`, `joins` or `seal` */
export async function hub(only?: string): Promise<readonly Figure[]> {
  const parts = { tablet: tabletJoin, takeover: takeovers, joins: sealedJoins, seal: sealing }
  const figures: Figure[] = []
  for (const [name, part] of Object.entries(parts)) {
    if (only === undefined || only === name) figures.push(...(await part()))
  }
  return figures
}

async function sealing(): Promise<readonly Figure[]> {
  const { values, sealRound, openRound } = await sealTasks(nodeAead)
  const [sealed, opened] = [await recordsPerSecond(sealRound), await recordsPerSecond(openRound)]
  return [
    { name: 'values sealed in Node, by processor time', value: rounded(sealed * values), unit: '/s' },
    { name: 'values opened in Node, by processor time', value: rounded(opened * values), unit: '/s' },
    ...(await sealInBrowser()),
  ]
}
