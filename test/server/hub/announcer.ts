/** A process that announces a hub until it is ended: `announcer.ts DEVICE_ID PRIVATE_TEAM_KEY PORT TEAM_HOST`. */
import { announceHub } from '../../../server/hub/announce.ts'
import { endorse } from '../../../server/hub/announcement.ts'
import { nodeScheduler } from '../../../server/sync/nodeScheduler.ts'

const [deviceId = '', teamKey = '', port = '', host = 'wedsync-0000000000.local'] = process.argv.slice(2)
const announcing = announceHub(
  { ...endorse(deviceId, [teamKey]), port: Number(port), host },
  { scheduler: nodeScheduler, log: () => undefined },
  () => true,
)
process.once('SIGTERM', () => {
  void announcing.stop().then(() => process.exit(0))
})
