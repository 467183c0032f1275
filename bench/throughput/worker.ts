// The pool's worker as it is shipped, which also tells what memory it keeps.
import { answerWithRetained } from '../timing/retained-memory.js'

answerWithRetained()
void import(new URL('../pool-worker.js', import.meta.url).href)
