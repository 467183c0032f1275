import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const cli = fileURLToPath(new URL('../../../build/cli.js', import.meta.url))
const guide = readFileSync(fileURLToPath(new URL('../../../docs/operating.md', import.meta.url)), 'utf8')

/** The blocks of commands of a runbook in docs/operating.md; those before the first one have no title. */
export function runbook(title?: string): string[] {
  const [, text = ''] = /^## Runbooks\n([^]*?)^## /m.exec(guide) ?? []
  const sections = text.split(/^### /m)
  const section = title === undefined ? sections[0] : sections.find((one) => one.startsWith(`${title}\n`))
  const blocks = [...(section ?? '').matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, commands = '']) => commands)
  if (blocks.length === 0) throw new Error(`docs/operating.md has no runbook ${title ?? ''}`)
  return blocks
}

/** The titles of all runbooks. */
export const runbookTitles = (): string[] =>
  [...(/^## Runbooks\n([^]*?)^## /m.exec(guide)?.[1] ?? '').matchAll(/^### (.*)$/gm)].map(([, title = '']) => title)

/** Where a node listens in these tests. */
export interface NodePorts {
  readonly port: number
  readonly admin: number
}

/**
 * What commands of an operator meet: `ssh`, `systemctl`, `curl` and `npm` that act on nodes which are processes of this machine. Each
 * serves a copy of the folder, as if it had mounted the folder; `uprove.yaml` there has the ports of the first node.
 */
export class Operations {
  readonly #bin: string

  constructor(
    private readonly root: string,
    private readonly folder: string,
    private readonly nodes: Readonly<Record<string, NodePorts>>,
    private readonly databaseUrl: string,
  ) {
    this.#bin = path.join(root, 'bin')
    mkdirSync(this.#bin)
    const [first] = Object.values(nodes)
    const ports = Object.entries(nodes).map(([name, { port, admin }]) => `${name}) P=${port} A=${admin} ;;`)
    const lookUp = `case "$NODE_NAME" in ${ports.join(' ')} *) exit 3 ;; esac`
    this.#write('uprove', `exec "${process.execPath}" "${cli}" "$@"`)
    this.#write('ssh', `export NODE_NAME=$1; shift; exec bash -c "$*"`)
    this.#write('npm', `echo "$NODE_NAME $*" >> "${root}/npm.log"`)
    this.#write('curl', `${lookUp}; exec /usr/bin/curl "\${@//:8444/:$A}"`)
    this.#write(
      'systemctl',
      `NODE_NAME=\${NODE_NAME:-node-1}; ${lookUp}; [ "$2" = uprove ] || exit 3
F="${root}/$NODE_NAME" PID="${root}/$NODE_NAME.pid"
mounted() {
  mkdir -p "$F" && cp -r "${folder}/uprove.yaml" "${folder}/users.yaml" "${folder}"/*.xml "${folder}/keys" "$F/"
  sed -i "s/port: ${first?.port}\\b/port: $P/; s/port: ${first?.admin}\\b/port: $A/" "$F/uprove.yaml"
  [ -z "$DATABASE_URL" ] || return 0
  ln -sfn "${folder}/data" "$F/data"; ln -sfn "${folder}/state" "$F/state"
}
running() { [ -f "$PID" ] && kill -0 "$(cat "$PID")" 2>/dev/null; }
case $1 in
  start) running || { mounted; setsid "${process.execPath}" "${cli}" serve "$F" >>"$F.log" 2>&1 </dev/null & echo $! >"$PID"; } ;;
  stop) ! running || { kill -TERM "$(cat "$PID")"; while running; do sleep 0.1; done; } ;;
  restart) "$0" stop uprove; "$0" start uprove ;;
  reload) mounted; kill -HUP "$(cat "$PID")" ;;
  *) exit 3 ;;
esac`,
    )
  }

  #write(name: string, script: string): void {
    const file = path.join(this.#bin, name)
    writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`)
    chmodSync(file, 0o755)
  }

  /** Runs commands in the folder of the operator, after those that all runbooks begin with. Throws if one fails. */
  async run(commands: string): Promise<string> {
    const prelude = runbook()
      .join('\n')
      .replace(/^D=.*$/m, `D=${this.folder}`)
      .replace(/^NODES=.*$/m, `NODES='${Object.keys(this.nodes).join(' ')}'`)
      .replace(/^export DATABASE_URL=.*$/m, `export DATABASE_URL='${this.databaseUrl}'`)
    const environment = { ...process.env, PATH: `${this.#bin}:${process.env['PATH'] ?? ''}` }
    const bash = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${prelude}\n${commands}`], {
      ...{ cwd: this.root, env: environment, timeout: 200_000 },
    })
    return (await bash).stdout
  }

  /** Kills a node, as a loss of power does. */
  async kill(node: string): Promise<void> {
    await promisify(execFile)('bash', [
      '-c',
      `kill -KILL "$(cat "$0")" && rm "$0" || true`,
      path.join(this.root, `${node}.pid`),
    ])
  }

  /** What a node logged. */
  log(node: string): string {
    return readFileSync(path.join(this.root, `${node}.log`), 'utf8')
  }
}
