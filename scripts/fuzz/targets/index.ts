import { argumentsOfCommands } from './arguments.js'
import { artefacts } from './artefacts.js'
import { der } from './der.js'
import { http } from './http.js'
import type { Target } from './property.js'
import { soap } from './soap.js'
import { vectors } from './vectors.js'
import { xml } from './xml.js'

export { pseudorandom } from '../../../bindings/testing/differential.js'

export const targets: Readonly<Record<string, Target>> = {
  xml,
  soap,
  artefacts,
  der,
  vectors,
  arguments: argumentsOfCommands,
  http,
}
