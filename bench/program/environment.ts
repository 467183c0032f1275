import { cpus, loadavg } from 'node:os'

/** The machine and what ran on it. */
export interface Environment {
  readonly node: string
  readonly v8: string
  readonly openssl: string
  readonly cpu: string
  readonly cores: number
  readonly platform: string
  /** Load averages of 1, 5 and 15 minutes when the measurements began: what else was running. */
  readonly load: readonly number[]
}

/** This machine and this process. */
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

/** Load averages as a report shows them. */
export function loadText(load: readonly number[]): string {
  return load.map((average) => average.toFixed(1)).join(' ')
}
