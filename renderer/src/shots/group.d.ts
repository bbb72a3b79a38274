import type { Row } from '../data/row.ts';
export interface PhotoGroup {
    readonly id: string;
    readonly name: string;
    readonly people: readonly string[];
    readonly section: string;
    readonly rank: string;
    readonly place: string;
    readonly description: string;
    readonly minutes: number;
    readonly done: boolean;
    readonly skipped: boolean;
    readonly waitingFor: string;
    readonly inConflict: readonly string[];
    readonly row: Row;
}
/** With a list and a helper a family group takes two to three minutes; used where the group names none. */
export declare const USUAL_MINUTES = 3;
/** Reads a group from its record, once per revision. */
export declare function groupOf(row: Row): PhotoGroup;
export interface ShotSection {
    readonly title: string;
    readonly groups: readonly PhotoGroup[];
}
/** Sections in the order of their first group; groups by rank, then name. */
export declare function shotSections(all: readonly PhotoGroup[]): readonly ShotSection[];
export interface ShotsLeft {
    readonly groups: number;
    readonly minutes: number;
    readonly total: number;
}
/** What is still to be taken; skipped groups are not waited for. */
export declare function shotsLeft(all: readonly PhotoGroup[]): ShotsLeft;
/** A rank after all of these: the last one's last character moves on, or one is added. */
export declare function rankAfter(all: readonly {
    readonly rank: string;
}[]): string;
