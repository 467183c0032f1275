import type { Deployment } from '../deployment/deployment.js'
import type { Log } from '../observation/log.js'
import type { Metrics } from '../observation/metrics.js'
import { deployedCertificates, signingEnds, WARNING_DAYS, type DeployedCertificate } from './certificates.js'

const DAY = 86_400_000

/**
 * Watches when the certificates of a deployment end: logs a warning at the start and daily from 30 days on, an error for one that has
 * ended, and gives Prometheus the seconds that are left.
 */
export class ExpiryWatch {
  #certificates: readonly DeployedCertificate[] = []

  private constructor(
    private readonly deployment: Deployment,
    private readonly log: Log,
    private readonly clock: () => Date,
  ) {}

  /** Throws `ConfigurationError` for a certificate that cannot be read. */
  static async start(
    deployment: Deployment,
    {
      log,
      metrics,
      onClose,
      clock = () => new Date(),
    }: {
      readonly log: Log
      readonly metrics: Pick<Metrics, 'gauges'>
      readonly onClose: (close: () => unknown) => void
      readonly clock?: () => Date
    },
  ): Promise<ExpiryWatch> {
    const watch = new ExpiryWatch(deployment, log, clock)
    await watch.read()
    metrics.gauges('certificate_expiry_seconds', 'Until the certificate ends; negative when it has', 'name', () =>
      watch.#certificates.map(({ name, certificate }) => [
        name,
        Math.round((certificate.notAfter.getTime() - clock().getTime()) / 1_000),
      ]),
    )
    const again = (): void => {
      watch.read().catch((error: unknown) => log.error({ error }, 'a certificate cannot be read'))
    }
    const timer = setInterval(again, DAY).unref()
    onClose(() => clearInterval(timer))
    return watch
  }

  /** When the service must stop signing: nobody would accept it. */
  get signingEnds(): Date {
    return signingEnds(this.#certificates)
  }

  /** Reads the certificates again and logs those that end soon. Throws `ConfigurationError`; the old ones then stay. */
  async read(): Promise<void> {
    this.#certificates = await deployedCertificates(this.deployment)
    for (const { name, file, certificate } of this.#certificates) {
      const left = certificate.notAfter.getTime() - this.clock().getTime()
      const facts = { certificate: name, file, ends: certificate.notAfter.toISOString() }
      if (left <= 0) this.log.error(facts, 'a certificate has ended')
      else if (left < WARNING_DAYS * DAY) {
        this.log.warn({ ...facts, days: Math.floor(left / DAY) }, 'a certificate ends soon')
      }
    }
  }
}
