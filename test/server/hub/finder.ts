/** A process that prints the hubs that it hears, a JSON line for each change: `finder.ts PUBLIC_TEAM_KEY`. */
import { findHubs } from '../../../server/hub/find.ts'
import { nodeScheduler } from '../../../server/sync/nodeScheduler.ts'

const [teamKey = ''] = process.argv.slice(2)
const finding = findHubs({
  teamKey: () => teamKey,
  scheduler: nodeScheduler,
  log: () => undefined,
  onChange: () => process.stdout.write(`${JSON.stringify(finding.hubs())}\n`),
})
