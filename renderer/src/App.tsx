import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { unreachable } from '../../model/result.ts'
import { ReplicaProvider } from './data/ReplicaContext.tsx'
import type { OpenOutcome } from './replica/replica.ts'
import { Screens } from './Screens.tsx'
import { ErrorBoundary } from './start/ErrorBoundary.tsx'
import { Failed } from './start/Failed.tsx'
import { NeedsName } from './start/NeedsName.tsx'
import { Opening } from './start/Opening.tsx'
import { theme } from './ui/theme.ts'

/** The whole window, from the moment at which its replica is being opened. */
export function App({ opening }: { readonly opening: Promise<OpenOutcome> }) {
  const [outcome, setOutcome] = useState<OpenOutcome>()
  useEffect(() => {
    opening.then(setOutcome, (cause: unknown) => setOutcome(couldNotOpen(cause)))
  }, [opening])
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Notifications position="top-right" limit={5} autoClose={5_000} />
      <ErrorBoundary>{outcome ? <Outcome outcome={outcome} onOutcome={setOutcome} /> : <Opening />}</ErrorBoundary>
    </MantineProvider>
  )
}

interface OutcomeProps {
  readonly outcome: OpenOutcome
  readonly onOutcome: (outcome: OpenOutcome) => void
}

function Outcome({ outcome, onOutcome }: OutcomeProps) {
  switch (outcome.kind) {
    case 'ready':
      return (
        <ReplicaProvider replica={outcome.replica}>
          <Screens />
        </ReplicaProvider>
      )
    case 'needs-name':
      return <NeedsName join={outcome.join} onOutcome={onOutcome} />
    case 'failed':
      return <Failed title={outcome.title} advice={outcome.advice} />
    default:
      return unreachable(outcome)
  }
}

function couldNotOpen(cause: unknown): OpenOutcome {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return {
    kind: 'failed',
    title: 'The app could not open its data',
    advice: `What you saved is still on this device. Close the app and open it again. If that does not help, tell your team's planner this: ${reason}`,
  }
}
