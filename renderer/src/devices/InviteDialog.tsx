import './devices.css'
import { Alert, Button, Checkbox, Group, Modal, Radio, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { ClientError } from '../../../model/client/client.ts'
import { ok, type Result } from '../../../model/result.ts'
import type { Role } from '../../../model/roles.ts'
import { useReplica, useStatus } from '../data/ReplicaContext.tsx'
import type { PageApi } from '../replica/api.ts'
import { useAction } from '../ui/useAction.ts'
import { useReturnFocus } from '../ui/useReturnFocus.ts'
import type { Wedding } from '../weddings/wedding.ts'
import { type Invitation, InvitationCard } from './InvitationCard.tsx'
import { JoinRequests } from './JoinRequests.tsx'
import { linksAt } from './links.ts'
import { OwnVendors } from './OwnVendors.tsx'
import { ROLE_CHOICES } from './roleWords.ts'
import { useJoins } from './useJoins.ts'

interface InviteDialogProps {
  readonly weddings: readonly Wedding[]
  /** Where others reach this laptop now; networks come and go. */
  readonly hubUrl: string | undefined
  readonly onClose: () => void
}

interface Wish {
  readonly role: Role
  readonly weddings: 'all' | readonly string[]
  /** Of a vendor: the rows that are its own. */
  readonly vendors: readonly string[]
  readonly expiresInSeconds: number
  readonly approval: 'given' | 'ask'
}

const HOUR_SECONDS = 3_600
const LIVES = [
  { value: String(HOUR_SECONDS), label: 'One hour' },
  { value: String(24 * HOUR_SECONDS), label: 'One day' },
  { value: String(7 * 24 * HOUR_SECONDS), label: 'One week' },
]
/** What a device's place in the team has room for. */
const MAX_CHOSEN = 60

/** Invites one more device: first what it may do, then the link. */
export function InviteDialog({ weddings, hubUrl, onClose }: InviteDialogProps) {
  useReturnFocus()
  const { api } = useReplica().replica
  const [wish, setWish] = useState<Wish>({
    role: 'planner',
    weddings: 'all',
    vendors: [],
    expiresInSeconds: 24 * HOUR_SECONDS,
    approval: 'given',
  })
  const [invitation, setInvitation] = useState<Invitation>()
  const { busy, failure, run } = useAction()

  function make() {
    setInvitation(undefined)
    return run(() => invite(api, wish), setInvitation)
  }

  return (
    <Modal opened onClose={onClose} title="Let a device join" size="lg">
      <Stack gap="md">
        {invitation ? (
          <Made
            key={invitation.joinId}
            invitation={hubUrl === undefined ? invitation : { ...invitation, ...linksAt(invitation, hubUrl) }}
            onRenew={make}
          />
        ) : (
          <WishForm wish={wish} weddings={weddings} busy={busy} onChange={setWish} onSubmit={make} />
        )}
        {failure !== undefined && (
          <Alert color="red" title="No invitation could be made">
            <Text size="sm">
              Check that this computer is on the venue's Wi-Fi or has its hotspot switched on, then try again. (
              {failure})
            </Text>
          </Alert>
        )}
      </Stack>
    </Modal>
  )
}

interface MadeProps {
  readonly invitation: Invitation
  readonly onRenew: () => void
}

/** What becomes of an invitation. It asks by itself, so that whatever it is answered was asked once the invitation was there. */
function Made({ invitation, onRenew }: MadeProps) {
  const { value: joins, again } = useJoins()
  const own = joins?.filter(({ joinId }) => joinId === invitation.joinId)
  return (
    <>
      <JoinRequests joins={own ?? []} onDecided={again} />
      <InvitationCard invitation={invitation} isOver={own?.length === 0} onRenew={onRenew} />
    </>
  )
}

interface WishFormProps {
  readonly wish: Wish
  readonly weddings: readonly Wedding[]
  readonly busy: boolean
  readonly onChange: (wish: Wish) => void
  readonly onSubmit: () => void
}

function WishForm({ wish, weddings, busy, onChange, onSubmit }: WishFormProps) {
  const own = useStatus()?.grant.role
  const set = (change: Partial<Wish>) => onChange({ ...wish, ...change })
  const chosen = wish.weddings === 'all' ? undefined : wish.weddings
  const problem =
    chosen?.length === 0
      ? 'Choose at least one wedding.'
      : (chosen?.length ?? 0) > MAX_CHOSEN
        ? `At most ${MAX_CHOSEN} weddings can be chosen one by one: choose “All weddings”, or fewer.`
        : undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      <Stack gap="md">
        <Select
          label="What may the person on it do?"
          data={ROLE_CHOICES.filter(({ value }) => value !== 'owner' || own === 'owner')}
          value={wish.role}
          allowDeselect={false}
          data-autofocus
          onChange={(next) => {
            const role = ROLE_CHOICES.find(({ value }) => value === next)?.value
            if (role) set({ role, vendors: [] })
          }}
        />
        <Radio.Group
          label="In which weddings?"
          value={chosen ? 'some' : 'all'}
          onChange={(next) => set({ weddings: next === 'all' ? 'all' : [], vendors: [] })}
        >
          <Stack gap="xs" mt="xs">
            <Radio size="md" value="all" label="All weddings, also those to come" />
            <Radio size="md" value="some" label="Only these" disabled={weddings.length === 0} />
          </Stack>
        </Radio.Group>
        {chosen && (
          <Checkbox.Group
            aria-label="Weddings"
            value={[...chosen]}
            onChange={(ids) => set({ weddings: ids, vendors: [] })}
            error={problem}
            pl="xl"
          >
            <Stack gap="xs" mah={220} style={{ overflow: 'auto' }}>
              {weddings.map(({ id, name }) => (
                <Checkbox size="md" key={id} value={id} label={name} />
              ))}
            </Stack>
          </Checkbox.Group>
        )}
        {wish.role === 'vendor' && (
          <OwnVendors
            weddings={weddings.filter(({ id }) => !chosen || chosen.includes(id))}
            chosen={wish.vendors}
            onChange={(vendors) => set({ vendors })}
          />
        )}
        <Radio.Group
          label="Who lets it in?"
          value={wish.approval}
          onChange={(next) => set({ approval: next === 'ask' ? 'ask' : 'given' })}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              size="md"
              value="given"
              label="It comes in at once"
              description="For a code that is scanned from this screen"
            />
            <Radio
              size="md"
              value="ask"
              label="Ask me first"
              description="For a link that you send: both screens show a number to compare, and you let the device in"
            />
          </Stack>
        </Radio.Group>
        <Select
          label="For how long can it be used?"
          data={LIVES}
          value={String(wish.expiresInSeconds)}
          allowDeselect={false}
          onChange={(next) => next !== null && set({ expiresInSeconds: Number(next) })}
        />
        <Group justify="end">
          <Button type="submit" loading={busy} disabled={problem !== undefined}>
            Show the code
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Makes this laptop the hub first, if it is not. */
async function invite(api: PageApi, { weddings, vendors, ...wish }: Wish): Promise<Result<Invitation, ClientError>> {
  const hub = await api.startHub()
  if (!hub.ok) return hub
  const made = await api.createJoin({
    body: {
      ...wish,
      ...(weddings !== 'all' && { weddings: [...weddings] }),
      ...(vendors.length > 0 && { vendors: [...vendors] }),
    },
  })
  if (!made.ok) return made
  const { joinId = '', browser = made.value.join, expiresAt } = made.value
  return ok({
    joinId,
    link: browser,
    appLink: made.value.join,
    expiresAt,
    asksFirst: wish.approval === 'ask',
    fingerprint: hub.value.fingerprint,
  })
}
