/** What the app's window, its preload script and its server call the way to the database. */

/** The subprotocol that a window names beside its secret, so that the server need not echo the secret. */
export const WINDOW_PROTOCOL = 'wedsync'

/** What the preload script posts into its page, with the port to the database. */
export const DATABASE_PORT = 'wedsync:database-port'
