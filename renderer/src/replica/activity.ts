import type { PageApi } from './api.ts'

const AT_MOST_EVERY_MS = 20_000
const SIGNS = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const

/** Tells the server that somebody touches this window, which puts off its lock. What it answers the status shows. */
export function tellActivity(api: PageApi): void {
  let toldMs = Number.NEGATIVE_INFINITY
  const tell = (): void => {
    if (performance.now() - toldMs < AT_MOST_EVERY_MS) return
    toldMs = performance.now()
    void api.touchWindow()
  }
  for (const sign of SIGNS) window.addEventListener(sign, tell, { capture: true, passive: true })
}
