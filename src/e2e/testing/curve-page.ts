// In a page: recomputes vectors over curves on the backend and kernel that its element names, and says what it found there.
import { createCurveEngine, type BackendName, type KernelName } from '../../index.js'
import { prepareFile } from '../../cli/vectors/check.js'
import { P256, P384, P521 } from '../../params/index.js'

/** A file, and the key of the first output that must differ; null if none may. */
export interface PageVector {
  readonly file: string
  readonly text: string
  readonly differs: string | null
}

/** What the page says, as JSON. */
export interface PageReport {
  readonly backend: string
  readonly kernel: string | undefined
  /** Values that agree, of files of which none may differ. */
  readonly values: number
  /** What came out otherwise than it must. */
  readonly wrong: readonly string[]
}

async function check({ backend, kernel }: DOMStringMap): Promise<PageReport> {
  const vectors = (await (await fetch('/vectors.json')).json()) as PageVector[]
  const engine = await createCurveEngine({
    backend: backend as BackendName,
    kernel: kernel as KernelName | 'auto',
    curves: [P256, P384, P521],
  })
  let values = 0
  const wrong: string[] = []
  for (const { file, text, differs } of vectors) {
    const report = prepareFile(engine, text).vector.check()
    const found = report.difference?.key ?? null
    if (found !== differs) wrong.push(`${file}: ${found ?? 'nothing'} differs`)
    else if (found === null) values += report.values
  }
  return { backend: engine.backend, kernel: engine.kernel, values, wrong }
}

const status = document.querySelector('output')!
check(status.dataset).then(
  (report) => (status.textContent = JSON.stringify(report)),
  (error: unknown) => (status.textContent = String(error)),
)
