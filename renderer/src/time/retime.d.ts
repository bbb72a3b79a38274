/**
 * What a typed time means for an item. A person types `00:15` for an item at 23:30 and means half an hour later, not a
 * day earlier; they move a start past the end and mean the whole item. Pure.
 */
import { type Result } from '../../../model/result.ts';
/** An item's times as stored. */
export interface ItemTimes {
    readonly startTime?: unknown;
    readonly endTime?: unknown;
}
/** What stands in the form; an empty text means no time. */
export interface TimesForm {
    readonly date: string;
    readonly start: string;
    readonly end: string;
}
/** Only what changed. Null takes a time away. */
export interface TimeChanges {
    readonly startTime?: string | null;
    readonly endTime?: string | null;
}
export type TimesError = 'end-before-start' | 'not-a-time';
/** The day on which an item falls once its start is retimed; the day stays unless midnight lies in between. */
export declare function dateAfterRetiming(before: {
    readonly date: string;
    readonly time: string;
}, time: string): string;
/** What the form shows for an item, or for a new one on the wedding's day. */
export declare function timesForm({ startTime, endTime }: ItemTimes, zone: string, weddingDate: string): TimesForm;
/** Turns the form into the changes to be saved. */
export declare function planTimes(before: ItemTimes, form: TimesForm, zone: string): Result<TimeChanges, TimesError>;
