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
    this.affineBytes = this.pointBytes / 2
  }

  writeElement(pointer: number, x: Uint8Array): void {
    checkElementLength(x, this.elementLength)
    this.curveCore.octets.set(x, pointer)
  }

  writeElements(pointer: number, xs: readonly Uint8Array[]): void {
    for (let i = 0; i < xs.length; i++) this.writeElement(pointer + i * this.elementLength, xs[i]!)
  }

  readElement(pointer: number): Element {
    return this.curveCore.octets.slice(pointer, pointer + this.elementLength) as Uint8Array as Element
  }

  readElements(pointer: number, count: number): Element[] {
    const elements: Element[] = []
    for (let i = 0; i < count; i++) elements.push(this.readElement(pointer + i * this.elementLength))
    return elements
  }

  /** Wipes from `start` to `end`, and the working memory of the arithmetic. */
  wipe(start: number, end: number): void {
    this.curveCore.exports.wipe(start, end - start)
    this.curveCore.exports.wipeCurve()
  }
}
