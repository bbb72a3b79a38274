import { MultiSelect } from '@mantine/core'
import { isCaterer } from '../../../model/ownership.ts'
import { MAX_OWN_VENDORS } from '../../../model/roles.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import { words } from '../data/read.ts'
import type { Row } from '../data/row.ts'
import { useLive } from '../data/useLive.ts'
import type { Wedding } from '../weddings/wedding.ts'

interface OwnVendorsProps {
  /** Those that the invitation is for. */
  readonly weddings: readonly Wedding[]
  readonly chosen: readonly string[]
  readonly onChange: (vendors: readonly string[]) => void
}

/** Which of the vendors in the plans somebody is who is let in as one. */
export function OwnVendors({ weddings, chosen, onChange }: OwnVendorsProps) {
  const vendors = useLive(useReplica().live.vendors) ?? []
  const groups = weddings
    .map((wedding) => ({
      group: wedding.name,
      items: vendors
        .filter(({ scope }) => scope === wedding.id)
        .map(itemOf)
        .sort(byLabel),
    }))
    .filter(({ items }) => items.length > 0)
  const caters = vendors.some(({ id, view: { data } }) => chosen.includes(id) && isCaterer(data.type))
  return (
    <MultiSelect
      label="Which vendor is it?"
      description={
        groups.length === 0
          ? 'No vendor is in the plan of these weddings yet. Without one it reads the day and changes nothing.'
          : `It may then change its own times and status, and sees its own tasks and contacts${caters ? '; as it caters, also the guests with their diets' : ''}. Choose nobody, and it only reads the day.`
      }
      placeholder={chosen.length === 0 ? 'Type a name' : ''}
      data={groups}
      value={[...chosen]}
      maxValues={MAX_OWN_VENDORS}
      disabled={groups.length === 0}
      searchable
      clearable
      nothingFoundMessage="No vendor of this name"
      onChange={onChange}
    />
  )
}

interface Item {
  readonly value: string
  readonly label: string
}

function itemOf({ id, view: { data } }: Row): Item {
  const name = words(data.name) || words(data.company) || 'A vendor without a name'
  const type = words(data.type)
  return { value: id, label: type === '' ? name : `${name} (${type})` }
}

function byLabel(a: Item, b: Item): number {
  return a.label.localeCompare(b.label)
}
