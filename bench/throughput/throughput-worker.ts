// The pool's worker as it is shipped, which also tells what memory it keeps.
import { tellWhatIsKept } from './kept.js'

tellWhatIsKept()
void import(new URL('../pool-worker.js', import.meta.url).href)
