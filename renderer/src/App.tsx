import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useEffect, useState } from 'react'
import { unreachable } from '../../model/result.ts'
import { ReplicaProvider } from './data/ReplicaContext.tsx'
import { guardPage } from './offline/openWithoutHub.ts'
import { TrustHint } from './offline/TrustHint.tsx'
import type { OpenOutcome } from './replica/replica.ts'
import { Screens } from './Screens.tsx'
import { ErrorBoundary } from './start/ErrorBoundary.tsx'
import { Failed } from './start/Failed.tsx'
import { Locked } from './start/Locked.tsx'
import { NeedsName } from './start/NeedsName.tsx'
import { Opening } from './start/Opening.tsx'
import { theme } from './ui/theme.ts'

export interface AppProps {
  readonly opening: Promise<OpenOutcome>
  /** Of the address at which the page was opened: an invitation, if it is one. */
  readonly fragment: string
}

/** The whole window, from the moment at which its replica is being opened. */
export function App({ opening, fragment }: AppProps) {
  const [outcome, setOutcome] = useState<OpenOutcome>()
  useEffect(() => {
    opening.then(setOutcome, (cause: unknown) => setOutcome(couldNotOpen(cause)))
  }, [opening])
  useEffect(() => {
    let isWanted = true
    const take = (next: OpenOutcome): void => {
      if (isWanted) setOutcome(next)
    }
    outcome?.next?.then(take, (cause: unknown) => take(couldNotOpen(cause)))
    return () => {
      isWanted = false
    }
  }, [outcome])
  useEffect(() => (outcome?.kind === 'ready' ? guardPage(outcome.replica) : undefined), [outcome])
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Notifications position="top-right" limit={5} autoClose={5_000} />
      <ErrorBoundary>
        {outcome ? <Outcome outcome={outcome} onOutcome={setOutcome} fragment={fragment} /> : <Opening />}
      </ErrorBoundary>
    </MantineProvider>
  )
}

interface OutcomeProps {
  readonly outcome: OpenOutcome
  readonly onOutcome: (outcome: OpenOutcome) => void
  readonly fragment: string
}

function Outcome({ outcome, onOutcome, fragment }: OutcomeProps) {
  switch (outcome.kind) {
    case 'ready':
      return (
        <ReplicaProvider replica={outcome.replica}>
          <Screens />
        </ReplicaProvider>
      )
    case 'needs-name':
      return (
        <>
          <NeedsName join={outcome.join} onOutcome={onOutcome} />
          <TrustHint fragment={fragment} />
        </>
      )
    case 'locked':
      return <Locked unlock={outcome.unlock} onOutcome={onOutcome} />
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
