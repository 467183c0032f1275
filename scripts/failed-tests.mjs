// Prints the files of a vitest report (its reporter `json`) in which a test failed, one a line.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** @type {{ testResults: { name: string, status: string }[] }} */
const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
for (const { name, status } of report.testResults) {
  if (status === 'failed') console.log(relative('.', name))
}
