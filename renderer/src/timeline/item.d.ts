import type { Row } from '../data/row.ts';
/** A timeline item as the screen shows it, in the wedding's local time. */
export interface TimelineItem {
    readonly id: string;
    readonly title: string;
    readonly startMs: number | undefined;
    readonly endMs: number | undefined;
    /** `yyyy-MM-dd` of the start; empty without one. */
    readonly date: string;
    readonly start: string;
    readonly end: string;
    readonly place: string;
    readonly people: readonly string[];
    readonly description: string;
    readonly notes: string;
    readonly section: string;
    readonly rank: string;
    readonly done: boolean;
    readonly cancelled: boolean;
    readonly fixed: boolean;
    /** Names of the fields that wait for a decision. */
    readonly inConflict: readonly string[];
    readonly row: Row;
}
/** Reads an item from its record, once per revision and zone, so that unchanged rows need not be drawn again. */
export declare function itemOf(row: Row, zone: string): TimelineItem;
