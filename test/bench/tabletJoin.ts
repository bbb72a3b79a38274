/** From the switch to a tablet that is in: a laptop that runs becomes hub, and a real browser opens the link and joins. */
import { hubReply } from '../../model/rest/hub.ts'
import { launchChromium } from '../support/chromium.ts'
import { makeWedding, newJoin } from '../support/teamCalls.ts'
import { rest, serve, temporaryFolders } from '../support/wedsync.ts'
import { median } from './median.ts'
import type { Figure } from './run.ts'

const ROUNDS = 3

/** The person's own time is not in it: looking at the certificate, and typing a name. */
export async function tabletJoin(): Promise<readonly Figure[]> {
  const folders = temporaryFolders()
  const browser = await launchChromium()
  const times: number[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const laptop = await serve(['device', '--data', folders.make(`laptop-${round}`)])
      const api = rest(laptop.ready.url, laptop.ready.token)
      await makeWedding(api, 'Anna & Ben', ['Ceremony'])
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      const start = performance.now()
      hubReply.parse((await api.send('POST', 'hub', {})).body)
      const { browser: link } = await newJoin(api, { role: 'planner' })
      if (link === undefined) throw new Error('a link through the hub is for browsers too')
      const tablet = await context.newPage()
      await tablet.goto(link)
      await tablet.getByLabel('Your name').fill('Piet')
      await tablet.getByRole('button', { name: 'Join' }).click()
      await tablet.getByText('Anna & Ben').first().waitFor()
      times.push(Math.round(performance.now() - start))
      await context.close()
      await laptop.stop()
    }
    return [{ name: `from the switch to a tablet that is in, median of ${ROUNDS}`, value: median(times), unit: 'ms' }]
  } finally {
    await browser.close()
    folders.cleanUp()
  }
}
