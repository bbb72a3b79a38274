import type { Role } from '../../../model/roles.ts'

/** What a role may do, for whoever chooses one. In the order of how often it is chosen. */
export const ROLE_CHOICES: readonly { readonly value: Role; readonly label: string }[] = [
  { value: 'planner', label: 'Planner: may change everything but money' },
  { value: 'photographer', label: 'Photographer: shot list, ticks on the timeline' },
  { value: 'vendor', label: 'Vendor: reads the day, changes its own part' },
  { value: 'viewer', label: 'Viewer: reads only' },
  { value: 'couple', label: 'Couple: may change everything but internal notes' },
  { value: 'owner', label: 'Owner: may do everything, also let in and shut out' },
]

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  couple: 'Couple',
  planner: 'Planner',
  photographer: 'Photographer',
  vendor: 'Vendor',
  viewer: 'Viewer',
}

/** In which weddings, in a word or two. */
export function weddingsWords(weddings: 'all' | readonly string[]): string {
  if (weddings === 'all') return 'all weddings'
  return weddings.length === 1 ? 'one wedding' : `${weddings.length} weddings`
}
