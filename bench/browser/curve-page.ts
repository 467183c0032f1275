// The same for a page that uses P-256 alone.
import { createCurveEngine } from '../../src/index.js'
import { P256 } from '../../src/params/P256.js'
import type { Fixture } from './fixture.js'
import { Presenter, type TableSource } from './presenter.js'

export function start(fixture: Fixture, source: TableSource): Promise<Presenter> {
  return Presenter.start(fixture, source, {
    recommended: P256,
    open: () => createCurveEngine({ backend: 'wasm', curves: [P256] }),
  })
}
