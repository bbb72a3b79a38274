/** How fast a real Chromium seals and opens. */
import { launchChromium } from '../support/chromium.ts'
import { bundlePage } from './bundlePage.ts'
import { median, rounded } from './median.ts'
import type { Figure } from './run.ts'
import type { sealRates } from './sealPage.ts'

declare const window: { readonly bench: { readonly sealRates: typeof sealRates } }

export async function sealInBrowser(): Promise<readonly Figure[]> {
  const script = await bundlePage('sealPage.ts')
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    // Web Crypto is for pages that come over HTTPS.
    await page.route('https://bench.invalid/', (route) => route.fulfill({ contentType: 'text/html', body: '<p>' }))
    await page.goto('https://bench.invalid/')
    await page.addScriptTag({ content: script })
    const { sealed, opened } = await page.evaluate(() => window.bench.sealRates())
    return [
      { name: 'values sealed in Chromium, by wall time', value: rounded(median(sealed)), unit: '/s' },
      { name: 'values opened in Chromium, by wall time', value: rounded(median(opened)), unit: '/s' },
    ]
  } finally {
    await browser.close()
  }
}
