/** Where the thread's program is. The bundle for Electron has it elsewhere and answers for itself (`vite.config.ts`). */
export const WORKER_FILE = new URL('./worker.ts', import.meta.url)
