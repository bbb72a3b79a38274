/** The time zone of this device, for a wedding that names none. */
export declare function deviceZone(): string;
/** The zone itself if this runtime knows it, else the device's. */
export declare function knownZone(zone: unknown): string;
/** @returns `undefined` for anything that is not an instant */
export declare function instantMs(value: unknown): number | undefined;
export declare function clockTime(ms: number, zone: string): string;
export declare function localDate(ms: number, zone: string): string;
/** Such as `Saturday 14 June`. A text that is no date is returned as it is. */
export declare function dayWords(date: string): string;
/** Such as `Sat 14 June 2025`. */
export declare function dateWords(date: string): string;
/** A time of the given day as `15:20`, of another day as `Sun 15 June, 00:30`. */
export declare function timeWords(ms: number, zone: string, today?: string): string;
/** The instant at which a clock in `zone` shows this time on this day. A time that the clock skips is moved forward. */
export declare function instantAt(date: string, time: string, zone: string): string | undefined;
/** Seconds without milliseconds, so that one instant has one text. */
export declare function isoInstant(ms: number): string;
export declare function shiftDate(date: string, days: number): string;
/** Whole days from today, in the wedding's own zone, to the date; negative once it is past. */
export declare function daysUntil(date: string, nowMs: number, zone: string): number | undefined;
/** `Today`, `in 3 days`, `2 days ago`. */
export declare function daysWords(days: number): string;
/** `45 min`, `1 h`, `1 h 20 min`. */
export declare function minutesWords(minutes: number): string;
