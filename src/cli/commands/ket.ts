import { createHash } from 'node:crypto'
import { encodePem } from '../../pki/asn1/pem.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { formatName } from '../../pki/x509/name.js'
import { defineCommand, exitCode } from '../command/command.js'
import { printable } from '../command/failures.js'
import { UsageError } from '../errors.js'
import { writeFileWhole } from '../files/files.js'
import { passwordOption } from '../files/secrets.js'
import { serverOptions } from '../servers/server.js'
import { WstepClient } from '../../wstep/client/client.js'
import { clientOf } from './enroll.js'

const description = `Fetches the key exchange token of a Security Token Service: the certificate to which private keys are encrypted that are to be
archived (enroll --archive-key does that by itself). Prints what it says, and writes it to --out. Log in with a password (--user) or
a certificate (--cert, --key).`

export const ket = defineCommand({
  name: 'ket',
  description,
  options: {
    ...serverOptions,
    user: { type: 'string', value: 'NAME', description: 'the account to log in with' },
    ...passwordOption,
    cert: { type: 'string', value: 'FILE', description: 'the certificate to log in with, PEM' },
    key: { type: 'string', value: 'FILE', description: 'the private key of --cert, PEM' },
    out: { type: 'string', value: 'FILE', description: 'where to write the certificate, PEM' },
    json: { type: 'boolean', description: 'print the result as JSON' },
  },

  async run({ values }, terminal) {
    if (values.user === undefined && values.cert === undefined) {
      throw new UsageError('give --user, or --cert and --key, to log in')
    }
    const { options, url } = await clientOf(values, terminal)
    const der = await new WstepClient({ ...options, url }).keyExchangeToken()
    const { subject, issuer, serialNumber, notAfter } = parseCertificate(der)
    const facts = {
      subject: formatName(subject),
      issuer: formatName(issuer),
      serial: serialText(serialNumber),
      notAfter: notAfter.toISOString(),
      sha256: createHash('sha256').update(der).digest('hex'),
    }
    if (values.out !== undefined) await writeFileWhole(values.out, encodePem('CERTIFICATE', der), { replace: true })
    terminal.out.write(
      values.json === true
        ? `${JSON.stringify({ ...facts, certificate: values.out })}\n`
        : `${printable(facts.subject)}, issued by ${printable(facts.issuer)}, serial ${facts.serial}, valid until ${facts.notAfter}\nSHA-256 ${facts.sha256}\n`,
    )
    return exitCode.success
  },
})
