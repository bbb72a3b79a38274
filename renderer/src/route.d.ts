export type Tab = 'timeline' | 'shots';
export type Route = {
    readonly screen: 'weddings';
} | {
    readonly screen: 'wedding';
    readonly weddingId: string;
    readonly tab: Tab;
};
/** `#/wedding/<id>/shots`; whatever else there is means the list of weddings. */
export declare function readRoute(hash: string): Route;
export declare function routeHash(route: Route): string;
/** Goes somewhere; the browser's back button returns. */
export declare function go(route: Route): void;
/** The current route. */
export declare function useRoute(): Route;
