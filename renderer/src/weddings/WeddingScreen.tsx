import './weddings.css'
import { Group, Tabs, Text, Title } from '@mantine/core'
import { useRights } from '../data/ReplicaContext.tsx'
import { GuestsScreen } from '../guests/GuestsScreen.tsx'
import { PhotosScreen } from '../photos/PhotosScreen.tsx'
import { type Present, useBeingIn, useOthers } from '../presence/useOthers.ts'
import { go, readTab, type Tab } from '../route.ts'
import { ShotListScreen } from '../shots/ShotListScreen.tsx'
import { dateWords, daysUntil, daysWords } from '../time/local.ts'
import { TimelineScreen } from '../timeline/TimelineScreen.tsx'
import { Icon } from '../ui/icons.tsx'
import { useNow } from '../ui/useNow.ts'
import type { Wedding } from './wedding.ts'

interface WeddingScreenProps {
  readonly wedding: Wedding
  readonly tab: Tab
}

/** One wedding: what it is, and its day. */
export function WeddingScreen({ wedding, tab }: WeddingScreenProps) {
  useBeingIn(wedding.id)
  const here = hereWords(useOthers().filter(({ weddingId }) => weddingId === wedding.id))
  const readsDiets = useRights().mayReadDiets(wedding.id)
  const days = daysUntil(wedding.date, useNow(), wedding.zone)
  return (
    <>
      <div className="wedding-head">
        <Title order={1} size="h2">
          {wedding.name}
        </Title>
        <Group gap="md" mt={4}>
          {wedding.date !== '' && (
            <Text c="dimmed">
              {dateWords(wedding.date)}
              {days === undefined ? '' : ` · ${daysWords(days)}`}
            </Text>
          )}
          {wedding.place !== '' && (
            <Text c="dimmed" className="fact">
              <Icon name="pin" size={16} /> {wedding.place}
            </Text>
          )}
          <Text c="dimmed" size="sm">
            Times in {wedding.zone.replaceAll('_', ' ')}
          </Text>
        </Group>
        {/* Always there: a line that came and went would move what somebody is about to press. */}
        <Text size="sm" mt={4} className="fact" role="status" {...(here === '' && { c: 'dimmed' })}>
          <Icon name="people" size={16} /> {here === '' ? 'Nobody else has this open' : `Also here: ${here}`}
        </Text>
      </div>
      <Tabs
        value={tab === 'guests' && !readsDiets ? 'timeline' : tab}
        onChange={(next) => go({ screen: 'wedding', weddingId: wedding.id, tab: readTab(next) })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
          <Tabs.Tab value="shots">Shot list</Tabs.Tab>
          {readsDiets && <Tabs.Tab value="guests">Guests and diets</Tabs.Tab>}
          <Tabs.Tab value="photos">Photos and documents</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="timeline" pt="md">
          <TimelineScreen key={wedding.id} wedding={wedding} />
        </Tabs.Panel>
        <Tabs.Panel value="shots" pt="md">
          <ShotListScreen key={wedding.id} wedding={wedding} />
        </Tabs.Panel>
        {readsDiets && (
          <Tabs.Panel value="guests" pt="md">
            <GuestsScreen key={wedding.id} wedding={wedding} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="photos" pt="md">
          <PhotosScreen key={wedding.id} wedding={wedding} />
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function hereWords(others: readonly Present[]): string {
  return others.map(({ personName, deviceName }) => `${personName} on ${deviceName}`).join(', ')
}
