/**
 * Opens the replica of a tablet in this tab of its browser. The tab that was there first holds the data and syncs; the others work
 * with it by way of that one, and one of them takes its place when it is closed.
 */
import type { OpenOutcome } from './replica.ts'
import { follow, leaderSpeaks } from './tabFollowing.ts'
import { openLeadership } from './tabLeading.ts'
import { type Invitation, join } from './tabletJoining.ts'
import { becomeMember, isOut, knownMembership, type Membership, openStores } from './tabletMembership.ts'
import { startTablet } from './tabletReplica.ts'
import { takeTurn } from './tabTurn.ts'

/**
 * @param invitation of one that was invited. A tablet that has joined before keeps its place and does not use up the invitation,
 *   unless its place is no longer good.
 */
export async function openTablet(invitation?: Invitation): Promise<OpenOutcome> {
  const turn = await takeTurn()
  return turn.isOurs ? lead(invitation) : openBeside(turn.comes, invitation)
}

async function lead(invitation: Invitation | undefined): Promise<OpenOutcome> {
  const leadership = openLeadership()
  const stores = await openStores()
  const start = async (member: Membership): Promise<OpenOutcome> => {
    const led = await startTablet(stores, member)
    leadership.lead(led)
    return { kind: 'ready', replica: led.replica }
  }
  const known = await knownMembership(stores.state)
  if (known && !(invitation && (await isOut(known)))) return start(known)
  if (!invitation) return NOT_INVITED
  return {
    kind: 'needs-name',
    async join(name, onWaiting) {
      const joined = await join(invitation, name, onWaiting)
      if (!joined.ok) return joined.error
      await becomeMember(stores.state, joined.value)
      return start(joined.value)
    },
  }
}

/** @param turn resolves when the tab that holds the data is gone, and this one is to hold it */
async function openBeside(turn: Promise<void>, invitation: Invitation | undefined): Promise<OpenOutcome> {
  const leader = leaderSpeaks()
  const stop = new AbortController()
  const ours = turn.then(() => 'ours' as const)
  const other = leader.then(() => 'other' as const)
  // The tab that was asked may go while it answers, as the page before of a tab that is loaded anew.
  const following = await Promise.race([follow(stop.signal), ours, other])
  if (following === 'ours' || following === 'other') {
    stop.abort()
    return following === 'ours' ? lead(invitation) : openBeside(turn, invitation)
  }
  const next = async (): Promise<OpenOutcome> => {
    const what = await Promise.race([ours, other, ...(following ? [following.ended] : [])])
    following?.end()
    return what === 'ours' ? lead(invitation) : openBeside(turn, invitation)
  }
  if (!following) return { ...SECOND_TAB, next: next() }
  // The data are the other tab's to change: the invitation is taken as soon as that one is closed.
  if (invitation && following.isOut) return { ...JOIN_AGAIN, next: next() }
  return { kind: 'ready', replica: following.replica, next: next() }
}

const JOIN_AGAIN = {
  kind: 'failed',
  title: 'Close the other tab of WedSync',
  advice: 'Then you join again here, with what you have written there.',
} as const

const SECOND_TAB = {
  kind: 'failed',
  title: 'WedSync is already open in another tab',
  advice: 'Go on in the other tab. This one follows as soon as that one is ready, and takes over when you close it.',
} as const

const NOT_INVITED: OpenOutcome = {
  kind: 'failed',
  title: 'This device has not joined yet',
  advice: 'On the hub, open “Devices”, press “Let a device join”, and scan the code or open the link on this device.',
}
