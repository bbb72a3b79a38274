import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import QRCode from 'qrcode'
import { useEffect, useRef, useState } from 'react'
import type { Invitation } from '../replica/replica.ts'
import { deviceZone, instantMs, localDate, timeWords } from '../time/local.ts'
import { useNow } from '../ui/useNow.ts'
import { fingerprintGroups } from './fingerprint.ts'

interface InvitationCardProps {
  readonly invitation: Invitation
  readonly onRenew: () => void
}

/** One invitation: to scan, to copy, and to compare. */
export function InvitationCard({ invitation, onRenew }: InvitationCardProps) {
  const { browserUrl, expiresAt, fingerprint } = invitation
  const expiresMs = instantMs(expiresAt)
  const isOver = useNow() > (expiresMs ?? Number.POSITIVE_INFINITY)
  return (
    <Stack gap="md">
      {isOver ? (
        <Group>
          <Text>This invitation has expired.</Text>
          <Button onClick={onRenew}>Make a new one</Button>
        </Group>
      ) : (
        <Group align="start" gap="lg" className="invitation">
          <QrCode text={browserUrl} />
          <Stack gap="sm" style={{ flex: 1, minWidth: 240 }}>
            <Text>
              Scan this with the tablet's camera while it is on the same Wi-Fi. The browser there warns that the
              connection is not private, because no authority on the internet can vouch for a computer at a venue:
              choose “Advanced” and go on, if the fingerprint that it shows is the one below.
            </Text>
            <Text fw={600}>
              For one device
              {expiresMs === undefined
                ? ''
                : `, until ${timeWords(expiresMs, deviceZone(), localDate(Date.now(), deviceZone()))}`}
              .
            </Text>
            <CopyLink url={browserUrl} />
          </Stack>
        </Group>
      )}
      <div>
        <Text size="sm" fw={650}>
          Fingerprint of this computer
        </Text>
        <p className="fingerprint" data-testid="fingerprint">
          {withPlaces(fingerprintGroups(fingerprint)).map(({ place, group }) => (
            <span key={place}>{group} </span>
          ))}
        </p>
      </div>
    </Stack>
  )
}

function withPlaces(groups: readonly string[]): readonly { readonly place: number; readonly group: string }[] {
  return groups.map((group, place) => ({ place, group }))
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

function CopyLink({ url }: { readonly url: string }) {
  const input = useRef<HTMLInputElement>(null)
  const [hint, setHint] = useState('')
  async function copy() {
    input.current?.select()
    try {
      await navigator.clipboard.writeText(url)
      setHint('Copied.')
    } catch {
      // Not allowed here, or no clipboard: the link is selected, which is the next best thing.
      setHint('Press Ctrl+C to copy the selected link.')
    }
  }
  return (
    <div>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput label="Link" readOnly ref={input} value={url} style={{ flex: 1 }} />
        <Button variant="default" onClick={copy}>
          Copy
        </Button>
      </Group>
      <Text size="sm" aria-live="polite">
        {hint}
      </Text>
    </div>
  )
}
