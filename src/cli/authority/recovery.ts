import { decodeBase64 } from '../../../bindings/octets/base64.js'
import { wipe } from '../../../bindings/octets/octets.js'
import { recoverKey } from '../../pki/archival/archived-key.js'
import { importDecryptionKey } from '../../pki/archival/key-transport.js'
import { decodePems } from '../../pki/asn1/pem.js'
import { PkiError } from '../../pki/errors.js'
import { exitCode } from '../command/command.js'
import { FailureError, UsageError } from '../errors.js'
import { readText, writeFileWhole } from '../files/files.js'
import { encodePkcs12 } from './pkcs12.js'
import { withPkcs8 } from '../files/private-key-file.js'
import { readPassword } from '../files/secrets.js'
import { say, type Action } from './action.js'

interface Archived {
  readonly serial: string
  /** Octets of all are in base64. */
  readonly envelope: string
  readonly certificate: string
  readonly chain: readonly string[]
}

const octetsOf = (text: string): Uint8Array<ArrayBuffer> => decodeBase64(text) ?? new Uint8Array()

/** Decrypts an archived key with that of a recovery agent, here and not at the server, into a PKCS#12 file. */
export const recover: Action = {
  takes: 'SERIAL number of a certificate',
  options: ['agent-key', 'agent-certificate', 'out', 'password-file'],
  async run({ operator, argument, values }, terminal) {
    const { 'agent-key': keyFile, 'agent-certificate': certificateFile, out: file } = values
    if (keyFile === undefined || certificateFile === undefined) {
      throw new UsageError('missing --agent-key or --agent-certificate of a recovery agent')
    }
    if (file === undefined) throw new UsageError('missing --out, the PKCS#12 file to write')
    const password = await readPassword(values, terminal)
    const [agent] = decodePems('CERTIFICATE', await readText(certificateFile))
    if (agent === undefined) throw new UsageError(`${certificateFile} contains no certificate`)
    const key = await withPkcs8(keyFile, terminal.err, importDecryptionKey)
    const { serial, envelope, certificate, chain } = await operator.post<Archived>('recover', argument)
    const archived = { certificate: octetsOf(certificate), envelope: octetsOf(envelope) }
    const privateKey = await recoverKey(archived, { certificate: agent, key }).catch(refusedBy(certificateFile))
    try {
      const certificates = [archived.certificate, ...chain.map(octetsOf)]
      await writeFileWhole(file, await encodePkcs12({ privateKey, certificates, password }), { secret: true })
    } finally {
      wipe(privateKey)
    }
    say(terminal.out, values, { serial, file }, `${file}: the private key and the certificate ${serial}`)
    return exitCode.success
  },
}

/** An error in words that name the file of the agent. */
const refusedBy =
  (certificateFile: string) =>
  (error: unknown): never => {
    if (!(error instanceof PkiError)) throw error
    const problem =
      error.code === 'pki/recipient'
        ? `was not archived for the agent of ${certificateFile}`
        : `cannot be decrypted with the key of the agent of ${certificateFile}`
    throw new FailureError(`the private key ${problem}`, { cause: error })
  }
