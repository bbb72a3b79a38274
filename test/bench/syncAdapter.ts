/** What the sync bench needs of a library, ours included. The server and the devices are in processes of their own. */
export type SyncRecord = Readonly<Record<string, string | number>> & { readonly id: string }

export interface SyncServer {
  readonly port: number
  /** Records that it holds before anybody comes. @returns what devices must know to find them, if there is something */
  seed(records: readonly SyncRecord[]): Promise<string | undefined>
}

export interface SyncDevice {
  edit(id: string, fields: Readonly<Record<string, string | number>>): Promise<void>
  /** How many records it holds. */
  count(): Promise<number>
  /** `undefined` if it does not hold the record. */
  read(id: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /** Calls back at every change of what it holds, by the event that the library itself has for that. */
  onChange(listener: () => void): void
  /** Leaves the line, and keeps what it has. */
  disconnect(): Promise<void>
  connect(): Promise<void>
}

export interface SyncAdapter {
  serve(): Promise<SyncServer>
  /** A device with an empty store in memory, connected. */
  open(port: number, name: string, address: string | undefined): Promise<SyncDevice>
}
