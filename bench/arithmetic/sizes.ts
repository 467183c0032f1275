import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

/** The WebAssembly binary of a kernel, in bytes. */
export interface KernelSize {
  readonly kernel: string
  readonly bytes: number
  /** After `gzip -9`. */
  readonly gzipped: number
}

/** The binaries in a folder. */
export function kernelSizes(folder: string): KernelSize[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.wasm'))
  return files.sort().map((file) => {
    const binary = readFileSync(path.join(folder, file))
    const gzipped = gzipSync(binary, { level: 9 }).length
    return { kernel: file.slice(0, -'.wasm'.length), bytes: binary.length, gzipped }
  })
}
