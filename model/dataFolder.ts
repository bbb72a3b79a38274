/** Names in a data folder that the app and its server both know. */

/** The app's own folder in it, which is Electron's. */
export const APP_FOLDER = 'window'

/** The key of the database as the operating system's key store has encrypted it, in the app's own folder. */
export const SEALED_KEY_FILE = 'key.safe'
