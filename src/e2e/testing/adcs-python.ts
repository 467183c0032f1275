import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer, type Server } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PYTHON } from './checkout.js'

export const ADCS_USER = { username: 'alice', password: 'wonderland' }

/** The server of adcs_python, behind a TLS proxy on the loopback interface, as its documentation recommends. */
export interface AdcsPython {
  readonly url: string
  /** The certificate of the proxy, PEM. */
  readonly anchor: string
  /** The certificates of its authority and of its key exchange, PEM. */
  readonly authority: string
  readonly exchange: string
  /** Approves requests for the template `Approved` from now on. */
  approve(): void
  close(): Promise<void>
}

/** Accounts and templates for the test; the server's own ask a directory. */
const AUTHENTICATION = `def check_auth(username=None, password=None):
    return username if (username, password) == ("${ADCS_USER.username}", "${ADCS_USER.password}") else False
`
const TEMPLATE = `import os
from datetime import datetime, timedelta, timezone
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

def define_template(*, app_conf, username=None, request=None, params=None):
    return {
        "common_name": params["name"],
        "template_oid": {"value": params["oid"], "name": params["name"], "major_version": 1, "minor_version": 0},
        "ca_references": ["ca"],
        "permissions": {"enroll": True, "auto_enroll": False},
        "validity": {"validity_seconds": 86400, "renewal_seconds": 3600},
    }

def emit_certificate(*, csr_der, username, ca, params=None, **others):
    if params["name"] == "Refused":
        return {"status": "denied", "status_text": "Not for you."}
    if params["name"] == "Approved" and not os.path.exists(params["approval"]):
        return {"status": "pending", "status_text": "Waiting for somebody"}
    csr = x509.load_der_x509_csr(csr_der)
    issuer = x509.load_der_x509_certificate(ca["__certificate_der"])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, username)]))
        .issuer_name(issuer.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(ca["__key_obj"], hashes.SHA256())
    )
    return {"status": "issued", "cert": certificate}
`
/** Stubs of the Samba and Kerberos modules that it imports; the test uses neither. */
const STUBS: Readonly<Record<string, string>> = {
  'kerberos.py': 'class GSSError(Exception): pass\n',
  'samba/__init__.py': '',
  'samba/credentials.py': 'Credentials = None\nDONT_USE_KERBEROS = MUST_USE_KERBEROS = None\n',
  'samba/param.py': 'LoadParm = None\n',
  'samba/samdb.py': 'SamDB = None\n',
  'samba/net.py': 'Net = None\n',
  'samba/dcerpc/__init__.py': '',
  'samba/dcerpc/nbt.py': '',
}

/** Starts the server of a checkout, with its files in a directory. */
export async function adcsPython(checkout: string, directory: string): Promise<AdcsPython> {
  const file = (name: string, content: string): string => {
    const at = path.join(directory, name)
    mkdirSync(path.dirname(at), { recursive: true })
    writeFileSync(at, content)
    return at
  }
  for (const [name, content] of Object.entries(STUBS)) file(path.join('python', name), content)
  const authority = certificate(directory, 'authority', '/CN=Peer CA')
  const exchange = certificate(directory, 'exchange', '/CN=Peer CA-Xchg')
  const proxy = certificate(directory, 'proxy', '/CN=localhost', 'subjectAltName=DNS:localhost')
  const approval = path.join(directory, 'approved')
  const template = file('template.py', TEMPLATE)
  const templates = ['User', 'Approved', 'Refused'].map((name, i) => ({
    callback: { path: template, params: { name, oid: `1.3.6.1.4.1.311.21.8.999.${i}`, approval } },
  }))
  const storage = { cert_dir: path.join(directory, 'certs'), csr_dir: path.join(directory, 'csrs') }
  // JSON is YAML.
  const configuration = {
    global: { path_list_request_id: path.join(directory, 'requests'), tpm_pending_dir: path.join(directory, 'tpm') },
    templates,
    auth: [
      { kerberos: false },
      { username_password: true },
      { callback: { path: file('authentication.py', AUTHENTICATION) } },
    ],
    cas: [
      {
        id: 'ca',
        display_name: 'Peer CA',
        pem: { certificate_path_pem: authority.cert, key_path_pem: authority.key },
        storage_paths: storage,
        ...{ ket_cert_pem: exchange.cert, ket_key_pem: exchange.key },
        auth_methods: [{ method: 'username_password', renewal_only: false }],
      },
    ],
  }
  const server = new TlsProxy(readFileSync(proxy.cert, 'utf8'), readFileSync(proxy.key, 'utf8'))
  const [port, inner] = await Promise.all([server.listen(), freePort()])
  server.target = inner
  const process = spawn(
    PYTHON,
    ['app.py', '--confadcs', file('adcs.yaml', JSON.stringify(configuration)), '--port', String(inner)],
    {
      cwd: checkout,
      env: { PYTHONPATH: path.join(directory, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  await started(process, inner)
  return {
    url: `https://localhost:${port}/CES/ca`,
    anchor: readFileSync(proxy.cert, 'utf8'),
    authority: readFileSync(authority.cert, 'utf8'),
    exchange: readFileSync(exchange.cert, 'utf8'),
    approve: () => {
      writeFileSync(approval, '')
    },
    close: async () => {
      const ended = once(process, 'exit')
      process.kill()
      await Promise.all([ended, server.close()])
    },
  }
}

/** A self-signed certificate and its key, as files. */
function certificate(directory: string, name: string, subject: string, extension = 'nsComment=interop') {
  const [cert, key] = [path.join(directory, `${name}.pem`), path.join(directory, `${name}-key.pem`)]
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', subject],
    ...['-addext', extension, '-keyout', key, '-out', cert],
  ])
  if (made.status !== 0) throw new Error(made.stderr.toString())
  return { cert, key }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function started(process: ChildProcess, port: number): Promise<void> {
  let errors = ''
  process.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  for (let attempt = 0; attempt < 100 && process.exitCode === null; attempt++) {
    const answered = await new Promise<boolean>((resolve) => {
      const request = httpRequest({ port, host: '127.0.0.1' }, (response) => {
        response.resume()
        resolve(true)
      })
      request.on('error', () => {
        resolve(false)
      })
      request.end()
    })
    if (answered) return
    await delay(200)
  }
  process.kill()
  throw new Error(`adcs_python did not start: ${errors}`)
}

/** Terminates TLS in front of a server on a local port. */
class TlsProxy {
  readonly #server: Server
  target = 0

  constructor(cert: string, key: string) {
    this.#server = createServer({ cert, key }, (incoming, outgoing) => {
      const { method, url, headers } = incoming
      const request = httpRequest({ port: this.target, host: '127.0.0.1', method, path: url, headers }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(outgoing)
      })
      request.on('error', () => outgoing.destroy())
      incoming.pipe(request)
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
