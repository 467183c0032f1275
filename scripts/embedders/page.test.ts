import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasBrowser } from '../../src/e2e/testing/browser.js'
import { Failed } from './folder.mjs'
import { shownAt, shownIn } from './page.mjs'

describe.skipIf(!hasBrowser)('what a page shows', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'uprove-page-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  /** A page that says `working`, and runs a script. */
  const shownBy = async (script: string): Promise<unknown> => {
    writeFileSync(join(folder, 'index.html'), `<!doctype html><title>-</title><body>working<script>${script}</script>`)
    return shownIn(folder, undefined, { milliseconds: 1_000 }).catch((error: unknown) => error)
  }

  it('is its text once it is done', async () => {
    expect(await shownBy(`setTimeout(() => (document.body.innerText = 'done'), 100)`)).toBe('done')
  })

  it.each([
    ['never done', `console.error('no worker')`, /still shows "working" after 1000 ms; its console has:\nno worker$/],
    ['complaining', `document.body.innerText = 'done'; console.warn('slow')`, /shows "done"; its console has:\nslow$/],
    ['broken', `document.body.innerText = 'done'; throw new Error('lost')`, /shows "done"[^]*lost/],
  ])('fails of a page that is %s, and says what is there', async (_, script, message) => {
    const error = await shownBy(script)
    expect(error).toBeInstanceOf(Failed)
    expect(error).toHaveProperty('message', expect.stringMatching(message))
  })

  it('fails where nobody answers', async () => {
    const error: unknown = await shownAt('http://localhost:9/', { milliseconds: 5_000 }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Failed)
    expect(error).toHaveProperty('message', expect.stringContaining('does not load'))
  })
})
