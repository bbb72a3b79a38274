import { Alert, Container } from '@mantine/core'
import { useMemo } from 'react'
import { DecideProvider } from './conflicts/DecideProvider.tsx'
import { useStatus, useWeddings } from './data/ReplicaContext.tsx'
import { Header } from './Header.tsx'
import { useRoute } from './route.ts'
import { Opening } from './start/Opening.tsx'
import { WeddingScreen } from './weddings/WeddingScreen.tsx'
import { WeddingsScreen } from './weddings/WeddingsScreen.tsx'
import { weddingOf } from './weddings/wedding.ts'

/** Everything that a person sees once the replica is open. */
export function Screens() {
  const route = useRoute()
  const rows = useWeddings()
  const problem = useStatus()?.problem
  const weddings = useMemo(() => rows?.map(weddingOf), [rows])
  const wedding =
    route.screen === 'wedding' ? weddings?.find((candidate) => candidate.id === route.weddingId) : undefined
  return (
    <DecideProvider weddings={weddings ?? []}>
      <Header wedding={wedding} />
      <Container component="main" size={1120} px={{ base: 'sm', sm: 'lg' }} pb={96}>
        {problem !== undefined && (
          <Alert color="red" title="Nothing can be saved now" mt="md">
            {problem} What you see is what was saved last. Write changes on paper until this message goes away.
          </Alert>
        )}
        {weddings === undefined ? (
          <Opening />
        ) : wedding && route.screen === 'wedding' ? (
          <WeddingScreen wedding={wedding} tab={route.tab} />
        ) : (
          <WeddingsScreen weddings={weddings} />
        )}
      </Container>
    </DecideProvider>
  )
}
