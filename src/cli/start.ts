import { fileURLToPath } from 'node:url'
import { runMainJob } from './main-job/main-job.js'

const amounts = { tokens: 200, batch: 50, presentations: 20 }
const vectors = fileURLToPath(new URL('../vectors', import.meta.url))

void runMainJob({ vectors, ...amounts }, { out: process.stdout, err: process.stderr }).then((code) => {
  process.exitCode = code
})
