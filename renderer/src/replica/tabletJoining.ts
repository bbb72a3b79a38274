/** How a tablet takes its place in a team: by an invitation, and perhaps somebody at the hub who lets it in. */
import type { z } from 'zod'
import { toBase64Url } from '../../../model/bytes.ts'
import type { ClientError } from '../../../model/client/client.ts'
import { askUntilAnswered, commitmentTo, invitationId, NONCE_BYTES } from '../../../model/identity/joinCode.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import { type membership, pageApi } from './api.ts'
import type { OpenOutcome } from './replica.ts'
import type { Membership } from './tabletMembership.ts'

/** How often somebody who waits to be let in asks again. */
const ASK_EVERY_MS = 1_000

export interface Invitation {
  readonly secret: string
  readonly fingerprint: string
}

type Joined = Result<z.infer<typeof membership>, ClientError>

/**
 * Presents an invitation under this name. @param onWaiting somebody has to let this device in: the code for both screens
 * @returns its place in the team; or what the page shows instead
 */
export async function join(
  { secret, fingerprint }: Invitation,
  personName: string,
  onWaiting: (code: string) => void,
): Promise<Result<Membership, OpenOutcome>> {
  const deviceName = describeDevice(navigator.userAgent)
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
  const reply = await askUntilAnswered<Joined>({
    nonce,
    about: {
      hub: fingerprint.replace(/^sha256:/, ''),
      applicant: commitmentTo(nonce),
      invitation: invitationId(secret),
    },
    async send(ask) {
      const answer = await pageApi().join({ body: { kind: 'browser', secret, personName, deviceName, ask } })
      if (!answer.ok) return { kind: 'final', value: answer }
      const { value } = answer
      return 'state' in value ? { kind: 'pending', pending: value } : { kind: 'final', value: ok(value) }
    },
    onWaiting,
    pause: async () => {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
      return true
    },
  })
  if (typeof reply === 'string') return err(CONTRADICTION)
  if (!reply.ok) return err(refused(reply.error))
  return ok({ ...reply.value, personName, deviceName, fingerprint })
}

function refused(error: ClientError): OpenOutcome {
  if (error.kind === 'unreachable') {
    return {
      kind: 'failed',
      title: 'The hub does not answer',
      advice: 'Check that this device is in the same Wi-Fi as the hub, then open the link again.',
    }
  }
  if (error.kind === 'refused' && error.code === 'JOIN_DECLINED') {
    return {
      kind: 'failed',
      title: 'You were not let in',
      advice: 'Whoever looks after the hub has declined. Speak with them; if it was a mistake, they make a new link.',
    }
  }
  if (error.kind === 'refused' && error.code === 'JOIN_BUSY') {
    return {
      kind: 'failed',
      title: 'Somebody is asking with this link already',
      advice:
        'If that was you in another tab, wait half a minute and open the link again. If not, tell whoever gave you the link: somebody else has it.',
    }
  }
  return {
    kind: 'failed',
    title: 'This link does not let you in',
    advice: `${error.message}. Ask for a new link: on the hub, open “Devices” and press “Let a device join”.`,
  }
}

function describeDevice(userAgent: string): string {
  const [system] = /iPad|iPhone|Android|Windows|Mac OS|Linux/.exec(userAgent) ?? []
  if (system === 'Android') return /Mobile/.test(userAgent) ? 'Android phone' : 'Android tablet'
  if (system === 'iPad' || system === 'iPhone') return system
  return system ? `browser on ${system}` : 'browser'
}

const CONTRADICTION: OpenOutcome = {
  kind: 'failed',
  title: 'The hub contradicts itself',
  advice: 'Nothing was sent that lets anybody in. Ask whoever looks after the hub for a new link, and open that.',
}
