/** Where the thread's program is. The bundle for Electron has it elsewhere and answers for itself (`vite.config.ts`). */
export const CHECKPOINT_WORKER_FILE = new URL('./checkpointWorker.ts', import.meta.url)
