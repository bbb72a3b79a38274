/** Where the window is, kept in the address so that a reload comes back to the same place. */
import { useEffect, useState } from 'react'
import { unreachable } from '../../model/result.ts'

export const TABS = ['timeline', 'shots', 'guests', 'photos'] as const
export type Tab = (typeof TABS)[number]

export type Route =
  | { readonly screen: 'weddings' }
  | { readonly screen: 'devices' }
  | { readonly screen: 'wedding'; readonly weddingId: string; readonly tab: Tab }

/** `#/wedding/<id>/shots`, `#/devices`; whatever else there is means the list of weddings. */
export function readRoute(hash: string): Route {
  const [, screen, weddingId, tab] = hash.split('/')
  if (screen === 'devices') return { screen }
  if (screen !== 'wedding' || !weddingId) return { screen: 'weddings' }
  return { screen: 'wedding', weddingId, tab: readTab(tab) }
}

/** The timeline, if it is the name of no tab. */
export function readTab(name: string | null | undefined): Tab {
  return TABS.find((tab) => tab === name) ?? 'timeline'
}

export function routeHash(route: Route): string {
  switch (route.screen) {
    case 'weddings':
      return '#/'
    case 'devices':
      return '#/devices'
    case 'wedding':
      return `#/wedding/${route.weddingId}/${route.tab}`
    default:
      return unreachable(route)
  }
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
