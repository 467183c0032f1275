import { cpus, loadavg } from 'node:os'
import type { Environment } from '../arithmetic/report.js'

/** The machine, what runs here, and what else runs on it. */
export function environment(): Environment {
  const { node, v8, openssl } = process.versions
  const processors = cpus()
  return {
    node,
    v8,
    openssl,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    platform: `${process.platform} ${process.arch}`,
    load: loadavg(),
  }
}
