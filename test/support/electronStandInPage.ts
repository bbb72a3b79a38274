/**
 * The window of an app that runs on the stand-in for Electron: a page of a real Chromium, with the app's real preload
 * script. What Electron does between main process and page is played by bindings: calls and their answers, and ports, which
 * are real ones in the page and go on as messages from there. So it proves our code at all ends, and not Electron.
 */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright'
import { z } from 'zod'
import { portFrame } from './electronStandInPorts.ts'
import type { StandInApp } from './standInApp.ts'

const post = z.object({ channel: z.string(), ports: z.array(z.string()) })

/** @param preload the bundle of the app's preload script */
export async function showInPage(page: Page, app: StandInApp, preload: string): Promise<void> {
  await page.exposeBinding('standInBegin', () => app.order({ do: 'new-document' }))
  await page.exposeBinding('standInFrame', (_source, frame) =>
    app.order({ do: 'frame', frame: portFrame.parse(frame) }),
  )
  await page.exposeBinding('standInInvoke', async ({ frame }, channel) => {
    const isInside = frame.parentFrame() !== null
    app.order({ do: 'invoke', channel: z.string().parse(channel), frameUrl: frame.url(), isInside })
    return (await app.next('answer')).answer
  })
  await page.addInitScript(pageScript(readFileSync(preload, 'utf8')))
  app.follow((said) => {
    switch (said.event) {
      case 'load':
        void page.goto(z.string().parse(said.url))
        return
      case 'post':
        void tell(page, 'standInPost', post.parse(said))
        return
      case 'frame':
        void tell(page, 'standInReceive', portFrame.parse(said.frame))
        return
    }
  })
}

/** To a page that may be gone by now, as with a message of Electron. */
async function tell(page: Page, name: 'standInPost' | 'standInReceive', detail: object): Promise<void> {
  await page
    .evaluate(({ name, detail }) => Reflect.get(window, name)(detail), { name, detail })
    .catch((cause: unknown) => {
      if (!/closed|navigation|destroyed/i.test(String(cause))) throw cause
    })
}

/** In the world of the page: Electron keeps the preload script in one of its own. */
function pageScript(preload: string): string {
  return `if (window === window.top) {
    const ports = new Map()
    const listeners = new Map()
    const electron = {
      contextBridge: { exposeInMainWorld: (name, verbs) => Object.defineProperty(window, name, { value: verbs }) },
      ipcRenderer: {
        invoke: (channel) => window.standInInvoke(channel),
        on: (channel, listener) => listeners.set(channel, listener),
      },
    }
    window.standInPost = ({ channel, ports: names }) => {
      const given = names.map((name) => {
        const { port1, port2 } = new MessageChannel()
        ports.set(name, port1)
        port1.onmessage = ({ data }) => window.standInFrame({ port: name, data })
        port1.addEventListener('close', () => ports.delete(name) && window.standInFrame({ port: name }))
        return port2
      })
      listeners.get(channel)?.({ ports: given })
    }
    window.standInReceive = ({ port, data }) => {
      if (data !== undefined) return ports.get(port)?.postMessage(data)
      ports.get(port)?.close()
      ports.delete(port)
    }
    window.standInBegin()
    const load = (name) => {
      if (name === 'electron') return electron
      throw new Error('a preload script in a sandbox has no ' + name)
    }
    ;((require, module, exports) => { ${preload} })(load, { exports: {} }, {})
  }`
}
