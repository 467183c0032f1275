import { readFile } from 'node:fs/promises'
import { hexPlaces, otherDigit, readVector, vectorFiles } from '../../cli/testing/vector-files.js'
import type { PageVector } from './curve-page.js'

/** Outputs that follow from the rest of a public vector. */
const outputs = ['gamma', 'sigmaZ', 'h', 'sigmaC', 'Ps', 'a', 'r0']

/** All vectors over curves, and those of the project with one digit of an output changed. */
export async function vectorsForPage(): Promise<PageVector[]> {
  const files = vectorFiles.filter((file) => /^vectors.(?:ec|original.*_EC_|original.*ParamsP256)/.test(file))
  const asTheyAre = await Promise.all(
    files.map(async (file) => ({ file, text: await readFile(file, 'utf8'), differs: null })),
  )
  const changed = files.flatMap((file) =>
    /public/.test(file)
      ? hexPlaces(readVector(file))
          .filter(({ key }) => outputs.includes(key))
          .map(({ key, value, with: change }) => {
            return { file: `${file}, ${key}`, text: JSON.stringify(change(otherDigit(value))), differs: key }
          })
      : [],
  )
  if (changed.length !== 6 * outputs.length) throw new Error(`${changed.length} outputs were found`)
  return [...asTheyAre, ...changed]
}
