/**
 * The package ships types that its own `exports` map hides from TypeScript, so the API it shares with better-sqlite3 is
 * taken from `@types/better-sqlite3` and only what it adds is declared here.
 */
declare module 'better-sqlite3-multiple-ciphers' {
  import type { Database, Options } from 'better-sqlite3'

  export interface EncryptableDatabase extends Database {
    /** Sets the key of a connection before its first read. */
    key(key: Buffer): number
    /** Encrypts the database anew; not possible in WAL mode. Returns SQLite's result code, or throws. */
    rekey(key: Buffer): number
  }

  const EncryptableDatabase: new (file: string, options?: Options) => EncryptableDatabase
  export default EncryptableDatabase
}
