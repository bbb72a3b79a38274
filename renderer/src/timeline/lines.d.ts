/** The timeline as a list of lines from top to bottom: dates, sections, items and the line for now. Pure. */
import type { TimelineItem } from './item.ts';
/** How the item that is under way stands against its planned end. */
export type Pace = {
    readonly kind: 'left';
    readonly minutes: number;
} | {
    readonly kind: 'over';
    readonly minutes: number;
} | {
    readonly kind: 'begun';
    readonly minutes: number;
};
export type Line = {
    readonly kind: 'date';
    readonly key: string;
    readonly date: string;
} | {
    readonly kind: 'section';
    readonly key: string;
    readonly title: string;
} | {
    readonly kind: 'untimed';
    readonly key: string;
} | {
    readonly kind: 'now';
    readonly key: string;
} | {
    readonly kind: 'item';
    readonly key: string;
    readonly item: TimelineItem;
    readonly pace?: Pace;
};
/** By start, then rank; what has no time yet comes last. */
export declare function byTime(a: TimelineItem, b: TimelineItem): number;
/**
 * @param items in any order
 * @param nowMs ms since 1970 UTC
 * @param weddingDate needs no divider when the day begins on it
 */
export declare function timelineLines(items: readonly TimelineItem[], nowMs: number, weddingDate: string): readonly Line[];
/** The one that began last of those that are neither done nor cancelled. */
export declare function currentItem(ordered: readonly TimelineItem[], nowMs: number): TimelineItem | undefined;
/** Whole minutes; a minute that has begun still counts as left. */
export declare function paceOf({ startMs, endMs }: TimelineItem, nowMs: number): Pace | undefined;
