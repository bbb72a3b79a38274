/** A thread for the work on whole databases, which would keep everybody waiting in the server's own. Does one job. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Job, runJob } from './jobs.ts'

const job: Job = workerData
parentPort?.postMessage(await runJob(job))
