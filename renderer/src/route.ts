/** Where the window is, kept in the address so that a reload comes back to the same place. */
import { useEffect, useState } from 'react'

export const TABS = ['timeline', 'shots', 'photos'] as const
export type Tab = (typeof TABS)[number]

export type Route =
  | { readonly screen: 'weddings' }
  | { readonly screen: 'wedding'; readonly weddingId: string; readonly tab: Tab }

/** `#/wedding/<id>/shots`; whatever else there is means the list of weddings. */
export function readRoute(hash: string): Route {
  const [, screen, weddingId, tab] = hash.split('/')
  if (screen !== 'wedding' || !weddingId) return { screen: 'weddings' }
  return { screen: 'wedding', weddingId, tab: readTab(tab) }
}

/** The timeline, if it is the name of no tab. */
export function readTab(name: string | null | undefined): Tab {
  return TABS.find((tab) => tab === name) ?? 'timeline'
}

export function routeHash(route: Route): string {
  return route.screen === 'weddings' ? '#/' : `#/wedding/${route.weddingId}/${route.tab}`
}

/** Goes somewhere; the browser's back button returns. */
export function go(route: Route): void {
  window.location.hash = routeHash(route)
}

/** The current route. */
export function useRoute(): Route {
  const [hash, setHash] = useState(window.location.hash)
  useEffect(() => {
    const follow = () => setHash(window.location.hash)
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  return readRoute(hash)
}
