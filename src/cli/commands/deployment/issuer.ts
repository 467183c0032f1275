import { decodePem, decodePems } from '../../../pki/asn1/pem.js'
import { createEngine } from '../../../index.js'
import { L2048N256, L3072N256 } from '../../../params/index.js'
import type { ParametersSigner } from '../../../server/deployment/issuer-files.js'
import { readIssuerParameters } from '../../../ws-trust/artefacts/issuer-parameters.js'
import { parseXml } from '../../../xml/parse.js'
import { withoutSignature } from '../../../xml/signature.js'
import { defineCommand, exitCode } from '../../command/command.js'
import type { Stream } from '../../command/terminal.js'
import { FailureError, UsageError } from '../../errors.js'
import { readSecretText, readText, writeFilesWhole, writeFileWhole } from '../../files/files.js'
import { openDeployment } from '../../servers/deployment.js'

const description = `new makes new Issuer parameters for the deployment in DIR, with a new private key y_0 and the next number in their name (UIDP), and signs them
with the Claim Provider's certificate. The old document is kept in issuer-parameters-NUMBER.xml: name both in relyingParty.parameters while
old tokens are valid. The old y_0 is replaced.

sign signs the present Issuer parameters again, after the Claim Provider's certificate was renewed. Name, y_0 and tokens stay valid.

Servers take the files when they start. Both need the key of the Claim Provider, which is best kept offline.`

export const issuer = defineCommand({
  name: 'issuer',
  positionals: 'new|sign DIR',
  description,
  options: {
    cert: {
      type: 'string',
      value: 'FILE',
      description: 'the Claim Provider certificate (default: DIR/keys/claim-provider.crt)',
    },
    key: { type: 'string', value: 'FILE', description: 'its private key (default: DIR/keys/claim-provider.key)' },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values: { cert, key, json = false }, positionals: [action, folder, ...others] }, terminal) {
    if (action !== 'new' && action !== 'sign') throw new UsageError('missing or unknown action; choose from new, sign')
    if (folder === undefined) throw new UsageError('missing folder DIR of a deployment')
    if (others.length > 0) throw new UsageError(`too many arguments; ${action} takes one folder`)
    const deployment = await openDeployment(folder, terminal)
    const { FILES } = await import('../../../server/deployment/templates.js')
    const { makeIssuer, signDocument } = await import('../../../server/deployment/issuer-files.js')
    const { claimProvider, url } = deployment.configuration
    const file = deployment.path(claimProvider.parameters)
    const old = await readText(file)
    const engine = await createEngine()
    try {
      const parameters = readIssuerParameters(withoutSignature(parseXml(old)), { engine, sets: SETS })
      const { group } = parameters.parameters
      const recommended = SETS.find(({ p }) => 'p' in group && group.p === p)
      if (recommended === undefined) throw new FailureError(`${file} is not over a recommended group`)
      const signer = await readSigner(
        cert ?? deployment.path(FILES.claimProviderCertificate),
        key ?? deployment.path(FILES.claimProviderKey),
        terminal.err,
      )
      if (action === 'sign') {
        await writeFileWhole(file, await signDocument(parameters, recommended, signer), { replace: true })
        terminal.out.write(
          json ? `${JSON.stringify({ uidp: parameters.uidp })}\n` : `Signed ${parameters.uidp} again.\n`,
        )
        return exitCode.success
      }
      const { uidp, number } = next(parameters.uidp)
      const { claimTypes } = parameters.specification
      const made = await makeIssuer(engine, recommended, { uidp, url, claimTypes }, signer)
      const kept = file.replace(/(\.xml)?$/, `-${String(number - 1)}.xml`)
      // A server that starts in between says that key and document do not belong together.
      await writeFilesWhole([
        { file: kept, contents: old },
        {
          file: deployment.path(claimProvider.privateKey),
          contents: `${made.privateKey}\n`,
          secret: true,
          replace: true,
        },
        { file, contents: made.document, replace: true },
      ])
      terminal.out.write(
        json
          ? `${JSON.stringify({ uidp, parameters: file, old: kept })}\n`
          : `Made ${uidp}.\nThe old Issuer parameters are in ${kept}. While their tokens are valid, name both files in relyingParty.parameters.\n`,
      )
      return exitCode.success
    } finally {
      engine.dispose()
    }
  },
})

const SETS = [L2048N256, L3072N256]

/** The name with the next number, and that number. Throws `FailureError`. */
function next(uidp: string): { readonly uidp: string; readonly number: number } {
  const [, start, digits] = /^(.*\/)(\d{1,9})$/.exec(uidp) ?? []
  if (start === undefined || digits === undefined) throw new FailureError(`the name ${uidp} does not end in a number`)
  const number = Number(digits) + 1
  return { uidp: `${start}${String(number)}`, number }
}

async function readSigner(certificate: string, keyFile: string, err: Stream): Promise<ParametersSigner> {
  const { signerKey } = await import('../../../server/deployment/issuer-files.js')
  const key = await signerKey(decodePem('PRIVATE KEY', await readSecretText(keyFile, err)))
  const certificates = decodePems('CERTIFICATE', await readText(certificate))
  if (certificates.length === 0) throw new UsageError(`${certificate} contains no certificate`)
  return { key, certificates }
}
