/** What the sync badge says. Pure, so that every state can be shown and tested without a network. */
import type { PeerStatus } from '../../../model/database/status.ts';
import type { ReplicaStatus } from '../replica/replica.ts';
/** How this device stands with the others. */
export type SyncState = 
/** Nobody to sync with: an install by itself. */
{
    readonly kind: 'local';
}
/** Somebody upstream is out of reach. `inStep` counts those upstream that are not. */
 | {
    readonly kind: 'offline';
    readonly waiting: number;
    readonly missing: readonly string[];
    readonly inStep: number;
} | {
    readonly kind: 'syncing';
    readonly toGo: number;
}
/** Digests were compared with every reachable peer and are the same. `away`: devices of this hub out of reach. */
 | {
    readonly kind: 'complete';
    readonly away: number;
};
/** The one thing that the badge shows; what matters more hides what matters less. */
export type BadgeState = {
    readonly setAside: number;
} & ({
    readonly kind: 'problem';
    readonly problem: string;
} | {
    readonly kind: 'conflict';
    readonly toDecide: number;
    readonly sync: SyncState;
} | SyncState);
type Known = Pick<ReplicaStatus, 'role' | 'upstreams' | 'devices' | 'quarantined' | 'problem'>;
/** @param conflicts how many conflicts wait for a person */
export declare function badgeState(status: Known, conflicts: number): BadgeState;
/** The badge in words, short enough for a header and complete enough to be read aloud. */
export declare function badgeWords(badge: BadgeState): string;
/** One upstream or device in plain words, for the panel. */
export declare function peerWords(peer: PeerStatus): string;
export {};
