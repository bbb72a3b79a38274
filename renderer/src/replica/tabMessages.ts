/**
 * What the tabs of one browser say to each other. One of them holds the tablet's data; the others work with it by way of that one.
 *
 *     another tab                              the tab that holds the data
 *       │── open ───────────────────────────────▶│   on a channel of all tabs
 *       │◀───────────────────── busy, or welcome │   from here on on a channel of this tab's own
 *       │── storage, call, presence ────────────▶│
 *       │◀── storage, answer, status, others ────│
 *       │◀───────────────────────────────── end ─│   open again
 *       │◀───────────────────────────── leading ─│   on the channel of all: there is something to open now
 *
 * Each end learns from a Web Lock that the other is gone: the browser gives it to whoever waits for it, also after a crash.
 */
import { z } from 'zod'
import { BLOB_TABLES } from '../../../model/blobs/mentions.ts'
import { presenceState } from '../../../model/rest/presence.ts'
import { ownDraft } from '../../../model/rest/window.ts'
import type { Other } from '../presence/presence.ts'
import type { ReplicaStatus } from './replica.ts'

/** Tabs of two versions of the page do not work together: the later one waits until the earlier one is closed. */
export const TAB_VERSION = 1
/** The channel of all tabs. */
export const ALL_TABS = 'wedsync-tabs'

/** The channel of one tab, and the lock that it holds as long as it lives. */
export function nameOfTab(tab: string): string {
  return `wedsync-tab-${tab}`
}

export const toAllTabs = z.discriminatedUnion('say', [
  z.object({ say: z.literal('open'), version: z.literal(TAB_VERSION), tab: z.uuid() }),
  z.object({ say: z.literal('leading') }),
])
export type ToAllTabs = z.infer<typeof toAllTabs>

/** On a tablet it is named by its key in the state, and not by an id as in the queue of an install. */
export const tabletDraft = ownDraft.extend({ id: z.string() })

const call = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('keep'),
    bytes: z.instanceof(Blob),
    name: z.string(),
    place: z.object({ wedding: z.string(), table: z.enum(BLOB_TABLES) }),
  }),
  z.object({ what: z.literal('load'), name: z.string() }),
  z.object({ what: z.literal('drafts') }),
  z.object({ what: z.literal('removeDraft'), draft: tabletDraft }),
])
export type TabCall = z.infer<typeof call>

export const toLeader = z.discriminatedUnion('say', [
  /** A message of RxDB's remote storage. */
  z.object({ say: z.literal('storage'), text: z.string() }),
  z.object({ say: z.literal('call'), number: z.number(), call }),
  /** Where the screen of the tab is, and what is being edited there. */
  z.object({ say: z.literal('presence'), weddingId: z.string().nullable(), state: presenceState }),
])
export type ToLeader = z.infer<typeof toLeader>

// Made by this very version of the page, of what it had parsed.
const status = z.custom<ReplicaStatus>((value) => typeof value === 'object' && value !== null)
const others = z.custom<readonly Other[]>(Array.isArray)

export const toTab = z.discriminatedUnion('say', [
  /** Nothing to be opened yet. */
  z.object({ say: z.literal('busy') }),
  z.object({
    say: z.literal('welcome'),
    team: z.string(),
    userId: z.string(),
    deviceId: z.string(),
    token: z.string(),
    status,
    /** Of the hub. */
    origin: z.string(),
  }),
  z.object({ say: z.literal('storage'), text: z.string() }),
  z.object({ say: z.literal('status'), status, origin: z.string() }),
  z.object({ say: z.literal('others'), others }),
  z.object({ say: z.literal('answer'), number: z.number(), value: z.unknown() }),
  z.object({ say: z.literal('failed'), number: z.number(), reason: z.string() }),
  z.object({ say: z.literal('end') }),
])
export type ToTab = z.infer<typeof toTab>
export type Welcome = Extract<ToTab, { say: 'welcome' }>
