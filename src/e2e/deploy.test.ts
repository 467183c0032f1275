import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { DeploymentClients } from './testing/deployment-clients.js'
import { PASSWORDS, ScratchDeployment } from './testing/scratch-deployment.js'
import { ServiceProcess } from './testing/service-process.js'

const folder = 'examples/deploy'
const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8')

/** Whether a program is there; says so if not. */
function has(program: string, what: string): boolean {
  const found = spawnSync(program, ['--version']).error === undefined
  if (!found) console.warn(`SKIPPED: ${what}, because ${program} is not installed`)
  return found
}

interface Rule {
  readonly alert: string
  readonly expr: string
}
const rules = (parse(read('prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)
const dashboard = JSON.parse(read('grafana/uprove.json')) as {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
]

describe('examples/deploy', () => {
  let deployment: ScratchDeployment
  let node: ServiceProcess
  beforeAll(async () => {
    deployment = await ScratchDeployment.make('PGlite', [['workers: auto', 'workers: 0']])
    node = await ServiceProcess.start(deployment.folder, deployment.environment)
  }, 180_000)
  afterAll(async () => {
    await node.kill('SIGTERM')
    await deployment.remove()
  }, 60_000)

  it('measures and alerts by metrics that a server exposes, and shows each of its own', async () => {
    const clients = new DeploymentClients(deployment.folder, PASSWORDS)
    const body = String(await clients.operate(node, 'GET', '/metrics'))
    const exposed = new Set([...body.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
    const used = new Set(
      expressions.flatMap((text) => [...text.matchAll(/\b(?:uprove|process|nodejs)_\w+/g)].map(([name]) => name)),
    )
    for (const name of used) expect(exposed, name).toContain(name.replace(/_(bucket|sum|count)$/, ''))
    const shown = [...used].map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    for (const name of exposed) if (name?.startsWith('uprove_') === true) expect(shown).toContain(name)
  })

  it.runIf(has('promtool', 'the check of the alert rules'))('has alert rules that Prometheus takes', () => {
    const { status, stdout, stderr } = spawnSync('promtool', [
      'check',
      'rules',
      path.join(folder, 'prometheus/alerts.yaml'),
    ])
    expect(`${String(stdout)}${String(stderr)}`).toContain(`SUCCESS: ${String(rules.length)} rules found`)
    expect(status).toBe(0)
    // Expressions of the dashboard, as rules; Grafana puts the interval in.
    const scratch = mkdtempSync(path.join(tmpdir(), 'rules-'))
    const recorded = dashboard.panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, i) => {
        return { record: `panel:${String(i)}`, expr: expr.replaceAll('$__rate_interval', '5m') }
      })
    writeFileSync(path.join(scratch, 'panels.yaml'), JSON.stringify({ groups: [{ name: 'panels', rules: recorded }] }))
    const checked = spawnSync('promtool', ['check', 'rules', path.join(scratch, 'panels.yaml')])
    rmSync(scratch, { recursive: true })
    expect([checked.status, String(checked.stderr)]).toEqual([0, ''])
  })

  it.runIf(has('promtool', 'the test of the alert rules'))(
    'alerts of what an operator must know, and not of daily life',
    () => {
      const events = (event: string) => `uprove_events_total{job="uprove",instance="one",event="${event}"}`
      const refused = (code: string) => `uprove_refusals_total{job="uprove",instance="one",code="${code}"}`
      const expiry = `uprove_certificate_expiry_seconds{job="uprove",instance="one",name="tls"}`
      // What Prometheus read each minute, and whether the alert fires after 15 minutes.
      const cases: [alert: string, series: string, values: string, fires: boolean][] = [
        ['UproveDown', 'up{job="uprove",instance="one"}', '1x12 0x8', true],
        ['UproveDown', 'up{job="uprove",instance="one"}', '1x20', false],
        ['UproveNotReady', 'uprove_ready{job="uprove",instance="one"}', '1x10 0x10', true],
        ['UproveNotReady', 'uprove_ready{job="uprove",instance="one"}', '1x20', false],
        ['UproveReloadFailed', events('reload_failed'), '0x9 1x11', true],
        ['UproveReloadFailed', events('reload_failed'), '1x20', false],
        ['UproveManyRevocations', events('operator_revoked'), '0+2x20', true],
        ['UproveManyRevocations', events('operator_revoked'), '0x9 3x11', false],
        ['UproveKeyRecovered', events('operator_recovered'), '0x9 1x11', true],
        ['UproveCertificateEnds', expiry, `${String(29 * 86_400)}x80`, true],
        ['UproveCertificateEnds', expiry, `${String(31 * 86_400)}x80`, false],
        // A program with an old password, every ten seconds; somebody who guesses at a locked address.
        ['UprovePasswordsGuessed', refused('authentication/locked-account'), '0+6x20', false],
        ['UprovePasswordsGuessed', refused('authentication/locked-address'), '0+8x20', true],
      ]
      const scratch = mkdtempSync(path.join(tmpdir(), 'alerts-'))
      const file = path.join(scratch, 'test.yaml')
      const tests = cases.map(([alertname, series, values, fires]) => ({
        ...{ interval: '1m', input_series: [{ series, values }] },
        promql_expr_test: [
          {
            ...{
              expr: `count(ALERTS{alertname="${alertname}",alertstate="firing"})`,
              eval_time: values.endsWith('x80') ? '75m' : '15m',
            },
            exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
          },
        ],
      }))
      const rule_files = [path.resolve(folder, 'prometheus/alerts.yaml')]
      writeFileSync(file, JSON.stringify({ rule_files, evaluation_interval: '1m', tests }))
      const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
      rmSync(scratch, { recursive: true })
      expect(`${stdout}${stderr}`).toContain('SUCCESS')
      expect(status).toBe(0)
    },
  )

  it('has an image that is not root, writes only the deployment, is checked as it is, and drains', () => {
    const instructions = read('Dockerfile')
      .split('\n')
      .filter((line) => /^[A-Z]+ /.test(line))
      .map((line) => line.split(' ', 1).concat(line.replace(/^\S+ /, '')) as [string, string])
    const last = (name: string): string => instructions.findLast(([found]) => found === name)?.[1] ?? ''
    expect(last('USER')).toBe('node')
    expect(last('STOPSIGNAL')).toBe('SIGTERM')
    expect(last('VOLUME')).toBe('/deployment')
    // All packages that a server may need, but those for tracing and for other programs.
    const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { peerDependencies: object }
    const others = ['@opentelemetry/api', 'asn1js', 'pkijs']
    const needed = Object.keys(peerDependencies).filter((name) => !others.includes(name))
    const [, installed = ''] = /npm install .*\.tgz ([^&]*) &&/.exec(read('Dockerfile')) ?? []
    expect(installed.split(' ').sort()).toEqual(needed.sort())
    // The folder and the program that the package installs.
    const [program, script] = JSON.parse(last('ENTRYPOINT')) as [string, string]
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { uprove: string } }
    expect([program, script]).toEqual(['node', path.join('/opt/uprove/node_modules/uprove-wasm', bin.uprove)])
    const [command] = JSON.parse(last('CMD')) as [string]
    expect(command).toBe('serve')
    // The health check, run against a node that is ready, and against none.
    const [, check = ''] = /CMD (\[.*\])$/.exec(last('HEALTHCHECK')) ?? []
    const [runtime = '', ...options] = JSON.parse(check) as string[]
    const at = (port: number): number | null =>
      spawnSync(
        runtime === 'node' ? process.execPath : runtime,
        options.map((option) => option.replace(':8444', `:${String(port)}`)),
      ).status
    expect([at(node.adminPort), at(1)]).toEqual([0, 1])
  })

  it('starts two nodes on one database that differ in nothing, with a root that is read-only', () => {
    const { services } = parse(read('compose.yaml'), { merge: true }) as {
      services: Record<
        string,
        { read_only?: boolean; cap_drop?: string[]; image: string; command?: string[]; ports?: string[] }
      >
    }
    expect(services.node1).toEqual(services.node2)
    expect(services.node1).toMatchObject({ read_only: true, cap_drop: ['ALL'], image: 'uprove' })
    // Prometheus in a container of its own reaches the admin address, under the names that it is to have.
    const made = services.init?.command ?? []
    expect(made).toEqual(
      expect.arrayContaining(['--admin-address=0.0.0.0', '--admin-host=node1', '--admin-host=node2']),
    )
    for (const { ports = [] } of Object.values(services)) expect(ports.join(' ')).not.toContain('8444')
    const balanced = read('haproxy.cfg')
    for (const name of ['node1', 'node2']) expect(balanced.match(new RegExp(`server ${name} `, 'g'))).toHaveLength(3)
  })

  it.runIf(has('systemd-analyze', 'the check of the unit'))('has a unit that systemd takes, and calls safe', () => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'unit-'))
    const unit = path.join(scratch, 'uprove.service')
    // The program need not be installed here, nor the account exist.
    writeFileSync(
      unit,
      read('uprove.service')
        .replaceAll('/usr/bin/uprove', '/bin/true')
        .replace(/^(User|Group)=.*\n/gm, ''),
    )
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    const complaints = verified.stderr.split('\n').filter((line) => line.includes('uprove.service'))
    expect(complaints).toEqual([])
    writeFileSync(unit, read('uprove.service'))
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=25', unit], {
      encoding: 'utf8',
    })
    rmSync(scratch, { recursive: true })
    expect(rated.stdout).toMatch(/Overall exposure level for uprove\.service: [0-2]\.\d OK/)
  })

  it('names each of its files in its guide', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { name } of files) if (name !== 'README.md') expect(read('README.md'), name).toContain(name)
  })
})
