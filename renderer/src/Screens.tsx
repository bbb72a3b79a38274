import { Alert, Button, Container, Stack, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { DecideProvider } from './conflicts/DecideProvider.tsx'
import { useReplica, useStatus, useWeddings } from './data/ReplicaContext.tsx'
import { DevicesScreen } from './devices/DevicesScreen.tsx'
import { JoinRequests } from './devices/JoinRequests.tsx'
import { JoinTeamDialog } from './devices/JoinTeamDialog.tsx'
import { useJoins } from './devices/useJoins.ts'
import { OwnDrafts } from './drafts/OwnDrafts.tsx'
import { Header } from './Header.tsx'
import { type Route, useRoute } from './route.ts'
import { Opening } from './start/Opening.tsx'
import { WeddingScreen } from './weddings/WeddingScreen.tsx'
import { WeddingsScreen } from './weddings/WeddingsScreen.tsx'
import { type Wedding, weddingOf } from './weddings/wedding.ts'

/** Everything that a person sees once the replica is open. */
export function Screens() {
  const route = useRoute()
  const rows = useWeddings()
  const status = useStatus()
  const problem = status?.problem
  const isTablet = useReplica().replica.kind === 'tablet'
  const { value: joins, again } = useJoins()
  const [isJoining, setJoining] = useState(false)
  const weddings = useMemo(() => rows?.map(weddingOf), [rows])
  return (
    <DecideProvider weddings={weddings ?? []}>
      <Header screen={route.screen} />
      <Container component="main" size={1120} px={{ base: 'sm', sm: 'lg' }} pb={96}>
        {problem !== undefined && (
          <Alert color="red" title="Nothing can be saved now" mt="md">
            {problem} What you see is what was saved last. Write changes on paper until this message goes away.
          </Alert>
        )}
        {(status?.isShutOut || status?.isKeyReplaced) && (
          <Alert color="red" title={status.isShutOut ? SHUT_OUT.title : KEY_REPLACED.title} mt="md">
            <Stack gap="sm" align="start">
              <Text size="sm">
                {status.isShutOut ? SHUT_OUT.text : KEY_REPLACED.text}{' '}
                {isTablet
                  ? 'scan a new code from the hub: you come back with what you have written.'
                  : 'ask for a new link, and join with it: you come back with what you have written.'}
              </Text>
              {!isTablet && (
                <Button onClick={() => setJoining(true)} aria-haspopup="dialog">
                  Join again
                </Button>
              )}
            </Stack>
          </Alert>
        )}
        <OwnDrafts weddings={weddings ?? []} />
        {isJoining && <JoinTeamDialog onClose={() => setJoining(false)} />}
        <JoinRequests joins={joins ?? []} onDecided={again} />
        {weddings === undefined ? <Opening /> : <Screen route={route} weddings={weddings} />}
      </Container>
    </DecideProvider>
  )
}

const SHUT_OUT = {
  title: 'This device was shut out of the team',
  text: 'An owner has done that. What you write here stays on this device and reaches nobody. If it was a mistake,',
}
const KEY_REPLACED = {
  title: 'The team has a new key',
  text: 'It was replaced because a laptop was stolen. What you write here stays on this device until you are in again. To go on,',
}

function Screen({ route, weddings }: { readonly route: Route; readonly weddings: readonly Wedding[] }) {
  if (route.screen === 'devices') return <DevicesScreen weddings={weddings} />
  const wedding = route.screen === 'wedding' ? weddings.find(({ id }) => id === route.weddingId) : undefined
  if (wedding && route.screen === 'wedding') return <WeddingScreen wedding={wedding} tab={route.tab} />
  return <WeddingsScreen weddings={weddings} />
}
