/** Who is there, in what role, and whom they call. */
import type { Grant, Role } from '../../model/roles.ts'
import { uuidOf } from '../support/ids.ts'
import type { MachineKind } from './machine.ts'

export interface Place {
  readonly name: string
  readonly kind: MachineKind
  readonly grant: Grant
  readonly hub?: string
  readonly cloud?: string
}

export const TEAM = uuidOf(1)
const LAKE = uuidOf(100)
const BARN = uuidOf(101)
export const WEDDINGS = [LAKE, BARN] as const
/** The row of who caters at the lake. */
export const KITCHEN = uuidOf(110)

const grant = (role: Role, weddings: Grant['weddings'] = 'all'): Grant => ({ role, weddings })
const device = (name: string, calls: Pick<Place, 'hub' | 'cloud'>, may: Grant): Place => ({
  name,
  kind: 'device',
  grant: may,
  ...calls,
})
const hub = (name: string, calls: Pick<Place, 'hub' | 'cloud'>): Place => ({
  name,
  kind: 'hub',
  grant: grant('owner'),
  ...calls,
})
const CLOUD: Place = { name: 'cloud', kind: 'cloud', grant: grant('owner') }
const HUB = hub('hub', { cloud: 'cloud' })

/** The first place is the cloud, which everything reaches in the end. */
export const TOPOLOGIES: Readonly<Record<string, readonly Place[]>> = {
  'a venue': [
    CLOUD,
    HUB,
    device('planner', { hub: 'hub' }, grant('planner')),
    device('photographer', { hub: 'hub' }, grant('photographer', [LAKE])),
    device('vendor', { hub: 'hub' }, { ...grant('vendor'), vendors: [KITCHEN] }),
    device('couple', { hub: 'hub' }, grant('couple', [LAKE])),
  ],
  'two hubs': [
    CLOUD,
    HUB,
    hub('barn', { cloud: 'cloud' }),
    device('planner', { hub: 'hub' }, grant('planner')),
    device('photographer', { hub: 'barn' }, grant('photographer')),
    device('viewer', { hub: 'barn' }, grant('viewer', [LAKE])),
  ],
  'a chain': [
    CLOUD,
    HUB,
    hub('barn', { hub: 'hub' }),
    device('planner', { hub: 'barn' }, grant('planner')),
    device('couple', { hub: 'barn' }, grant('couple', [LAKE])),
  ],
  'a ring': [
    CLOUD,
    HUB,
    hub('barn', { hub: 'hub', cloud: 'cloud' }),
    device('laptop', { hub: 'barn', cloud: 'cloud' }, grant('owner')),
    device('photographer', { hub: 'hub' }, grant('photographer')),
    device('studio', { cloud: 'cloud' }, grant('planner')),
  ],
}
