import { Alert, Button, Checkbox, Group, Modal, Stack, Switch, Text, Title } from '@mantine/core'
import { useState } from 'react'
import type { HubState } from '../../../model/rest/hub.ts'
import { useReplica } from '../data/ReplicaContext.tsx'
import type { ReplicaStatus } from '../replica/replica.ts'
import { useAction } from '../ui/useAction.ts'
import { FingerprintWords } from './FingerprintWords.tsx'
import { ROLE_NAMES } from './roleWords.ts'

interface HubCardProps {
  readonly hub: HubState
  readonly status: ReplicaStatus
  readonly onChange: () => void
}

/** Where a hub listens that found no network. */
const LOOPBACK = '127.0.0.1'

/** The switch that makes this laptop the venue's hub. */
export function HubCard({ hub, status, onChange }: HubCardProps) {
  const { api } = useReplica().replica
  const { busy, failure, run } = useAction()
  const [isStopping, setStopping] = useState(false)
  const connected = status.devices.filter(({ state }) => state !== 'offline').length
  const gone = hub.serving
    ? undefined
    : status.upstreams.find(({ kind, state }) => kind === 'hub' && state === 'offline')

  const start = () => run(() => api.startHub(), onChange)
  const stop = () =>
    run(
      () => api.stopHub(),
      () => {
        setStopping(false)
        onChange()
      },
    )

  return (
    <section className="panel" aria-label="Hub">
      <Stack gap="md">
        {gone && hub.mayServe && (
          <Alert color="yellow" title="The hub is out of reach" role="alert">
            <Stack gap="sm" align="start">
              <Text size="sm">
                “{gone.name}” does not answer. If its battery is empty or it was taken away, this laptop can go on in
                its place: everything that it had confirmed is here too. If it comes back, the two agree by themselves.
              </Text>
              <Button loading={busy} onClick={start}>
                Take over
              </Button>
            </Stack>
          </Alert>
        )}
        {hub.mayServe ? (
          <>
            <Switch
              size="lg"
              label={
                <Text fw={650} size="lg">
                  Be the hub of the venue
                </Text>
              }
              description={whatItMeans(hub, connected)}
              checked={hub.serving}
              // Not disabled meanwhile, which would take the focus from it.
              aria-busy={busy}
              onChange={({ currentTarget: { checked } }) => {
                if (busy) return
                if (checked) void start()
                else if (connected > 0) setStopping(true)
                else void stop()
              }}
            />
            {hub.serving && isUnreachable(hub.url) && (
              <Alert color="yellow" title="This laptop is in no network: nobody else can reach it">
                Join the Wi-Fi of the venue, or switch on the hotspot of this laptop. Its address then appears here.
              </Alert>
            )}
            {failure !== undefined && (
              <Alert color="red" title={hub.serving ? 'The hub still runs' : 'The hub could not be started'}>
                <Text size="sm">
                  Check that this laptop is on the venue's Wi-Fi or has its hotspot switched on, then try again. (
                  {failure})
                </Text>
              </Alert>
            )}
            {hub.serving && hub.fingerprint !== undefined && (
              <FingerprintWords
                title="Words of this laptop, to compare on other screens"
                fingerprint={hub.fingerprint}
              />
            )}
            <Checkbox
              size="md"
              label="If the hub disappears, this laptop takes over by itself"
              description="Otherwise you are asked here, and press once."
              checked={hub.takesOver}
              aria-busy={busy}
              onChange={({ currentTarget: { checked } }) => {
                if (!busy) void run(() => api.setHub({ body: { takesOver: checked } }), onChange)
              }}
            />
          </>
        ) : (
          <div>
            <Title order={2} size="h4">
              This laptop cannot be the hub
            </Title>
            <Text>
              It was let in as {ROLE_NAMES[status.grant.role].toLowerCase()}
              {status.grant.weddings === 'all' ? '' : ' for some weddings'}, so it does not have everything that the
              others need. Use a laptop of an owner or planner of all weddings.
            </Text>
          </div>
        )}
      </Stack>
      {isStopping && (
        <Modal opened onClose={() => setStopping(false)} title="Stop being the hub?" size="md">
          <Text>
            {connected === 1 ? 'One device is' : `${connected} devices are`} connected through this laptop. They go on
            with what they have, and no longer see each other's changes until there is a hub again. Nothing is lost.
          </Text>
          <Group mt="lg" justify="end">
            <Button variant="default" onClick={() => setStopping(false)} data-autofocus>
              Cancel
            </Button>
            <Button color="red" loading={busy} onClick={stop}>
              Stop
            </Button>
          </Group>
        </Modal>
      )}
    </section>
  )
}

function isUnreachable(url: string | undefined): boolean {
  return url !== undefined && new URL(url).hostname === LOOPBACK
}

function whatItMeans({ serving, url }: HubState, connected: number): string {
  if (!serving) {
    return 'Tablets and other laptops on the same Wi-Fi can then join, and stay in step through this laptop. It needs no internet.'
  }
  if (isUnreachable(url)) return 'It runs.'
  const count =
    connected === 0
      ? 'Nobody is connected yet.'
      : connected === 1
        ? 'One device is connected.'
        : `${connected} devices are connected.`
  return `Others reach this laptop at ${url}. ${count} Leave it open, on the Wi-Fi and on its charger.`
}
