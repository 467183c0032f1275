import type { Element } from '../engine/engine.js'
import { checkElementLength } from '../engine/operands.js'
import { Workspace } from '../core/workspace.js'
import type { CurveCore } from './curve-core.js'

/** The workspace of a curve's operations, and how octets and points are written there. */
export class CurveMemory extends Workspace {
  readonly pointBytes: number
  /** Bytes of an affine point, and so of an entry of a comb. */
  readonly affineBytes: number

  constructor(
    private readonly curveCore: CurveCore,
    private readonly elementLength: number,
  ) {
    super(curveCore)
    this.pointBytes = curveCore.exports.pointBytes()
    this.affineBytes = curveCore.exports.pairBytes()
  }

  writeElements(pointer: number, xs: readonly Uint8Array[]): void {
    xs.forEach((x, i) => {
      checkElementLength(x, this.elementLength)
      this.curveCore.octets.set(x, pointer + i * this.elementLength)
    })
  }

  readElement(pointer: number): Element {
    return this.curveCore.octets.slice(pointer, pointer + this.elementLength) as Uint8Array as Element
  }

  readElements(pointer: number, count: number): Element[] {
    return Array.from({ length: count }, (_, i) => this.readElement(pointer + i * this.elementLength))
  }

  /** Wipes from `start` to `end`, and the working memory of the arithmetic. */
  wipe(start: number, end: number): void {
    this.curveCore.exports.wipe(start, end - start)
    this.curveCore.exports.wipeCurve()
  }
}
