import type { Deployment } from '../../server/deployment/deployment.js'
import type { Terminal } from '../command/terminal.js'
import { warnIfExposed } from '../files/files.js'

/** Opens the deployment in a folder. Warns of its secret files that others can access. Throws `ConfigurationError`, `FailureError`. */
export async function openDeployment(
  folder: string,
  { err, environment }: Pick<Terminal, 'err' | 'environment'>,
): Promise<Deployment> {
  const { Deployment } = await import('../../server/deployment/deployment.js')
  const deployment = await Deployment.open(folder, environment)
  const { users, stateKey, operatorToken, tls, authority, claimProvider, authentication } = deployment.configuration
  const secret = [users, stateKey, operatorToken, tls.key, authority.key, claimProvider.privateKey]
  const { digestKey } = authentication
  for (const file of digestKey === undefined ? secret : [...secret, digestKey]) {
    await warnIfExposed(deployment.path(file), err)
  }
  return deployment
}
