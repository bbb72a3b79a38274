import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import QRCode from 'qrcode'
import { useEffect, useRef, useState } from 'react'
import { deviceZone, instantMs, localDate, timeWords } from '../time/local.ts'
import { useCopy } from '../ui/useCopy.ts'
import { useNow } from '../ui/useNow.ts'
import { FingerprintWords } from './FingerprintWords.tsx'
import type { Links } from './links.ts'

/** What lets one device in. */
export interface Invitation extends Links {
  readonly joinId: string
  readonly expiresAt: string
  readonly asksFirst: boolean
  readonly fingerprint: string
}

interface InvitationCardProps {
  readonly invitation: Invitation
  /** Somebody has come in with it, or it was declined. */
  readonly isOver: boolean
  readonly onRenew: () => void
}

/** One invitation: to scan, to copy, and to compare. */
export function InvitationCard({ invitation, isOver, onRenew }: InvitationCardProps) {
  const { link, appLink, expiresAt, asksFirst, fingerprint } = invitation
  const expiresMs = instantMs(expiresAt)
  const hasExpired = useNow() > (expiresMs ?? Number.POSITIVE_INFINITY)
  if (isOver || hasExpired) {
    return (
      <Alert
        color={isOver ? 'pine' : 'yellow'}
        title={isOver ? 'This invitation was used' : 'This invitation has expired'}
      >
        <Stack gap="sm" align="start">
          <Text size="sm">
            {isOver ? 'The list of devices shows who came in. ' : ''}Each invitation lets one device in.
          </Text>
          <Button onClick={onRenew}>Invite one more</Button>
        </Stack>
      </Alert>
    )
  }
  return (
    <Stack gap="md">
      <Group align="start" gap="lg" className="invitation">
        <QrCode text={link} />
        <Stack gap="sm" style={{ flex: 1, minWidth: 240 }}>
          <Text>
            A tablet or phone on the same Wi-Fi scans this with its camera. On a laptop with WedSync, open “Devices”,
            press “Join a team”, and paste the link for a laptop.
          </Text>
          <Text fw={600}>
            For one device
            {expiresMs === undefined
              ? ''
              : `, until ${timeWords(expiresMs, deviceZone(), localDate(Date.now(), deviceZone()))}`}
            . {asksFirst ? 'You are asked before it is in.' : 'It is in at once.'}
          </Text>
          <CopyLink label="For a tablet or phone" url={link} />
          <CopyLink label="For a laptop with WedSync" url={appLink} />
        </Stack>
      </Group>
      <Text size="sm">
        A browser warns at the first visit, since nobody on the internet can vouch for a laptop at a venue. The page
        that explains the warning shows the words below. Where you do not trust the network, compare the numbers too,
        with what the browser itself shows of the certificate.
      </Text>
      <FingerprintWords title="Words of this laptop" fingerprint={fingerprint} />
    </Stack>
  )
}

type Drawn = { readonly of: string; readonly image?: string }

function QrCode({ text }: { readonly text: string }) {
  const [drawn, setDrawn] = useState<Drawn>()
  useEffect(() => {
    QRCode.toString(text, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' }).then(
      (svg) => setDrawn({ of: text, image: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` }),
      () => setDrawn({ of: text }),
    )
  }, [text])
  if (drawn?.of !== text) return <div className="qr" aria-hidden="true" />
  if (drawn.image === undefined)
    return <Text maw={240}>The link is too long for a QR code. Type or send it instead.</Text>
  return <img className="qr" src={drawn.image} alt="QR code of the link, for the tablet's camera" />
}

function CopyLink({ label, url }: { readonly label: string; readonly url: string }) {
  const input = useRef<HTMLInputElement>(null)
  const { hint, copy } = useCopy({ copied: 'Copied.', refused: 'Press Ctrl+C to copy the selected link.' })
  async function selectAndCopy() {
    // Where copying is not allowed, the selected link is the next best thing.
    input.current?.select()
    await copy(url)
  }
  return (
    <div>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput label={label} readOnly ref={input} value={url} style={{ flex: 1 }} />
        <Button variant="default" onClick={selectAndCopy}>
          Copy
        </Button>
      </Group>
      <Text size="sm" aria-live="polite" mih="1.55em">
        {hint}
      </Text>
    </div>
  )
}
