import { Component, type ReactNode } from 'react'
import { Failed } from './Failed.tsx'

interface Props {
  readonly children: ReactNode
}

interface State {
  readonly failure?: string
}

/** Catches what went wrong while drawing, or in a live query, so that nobody looks at a screen that stands still. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = {}

  static getDerivedStateFromError(cause: unknown): State {
    return { failure: cause instanceof Error ? cause.message : String(cause) }
  }

  override render(): ReactNode {
    const { failure } = this.state
    if (failure === undefined) return this.props.children
    return (
      <Failed
        title="This screen stopped working"
        advice={`What you saved is safe. Try again; if it happens again, restart the app and tell your team's planner this: ${failure}`}
      />
    )
  }
}
