import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import type { HostRequest, Route } from '../http/http.js'
import { descriptionRoutes, SCHEMAS } from './description-routes.js'

const url = 'https://party.example'
const routes = descriptionRoutes(url, true)

/** What a client gets at an address; undefined for anything but a document. */
async function get(address: string): Promise<string | undefined> {
  const { origin, pathname } = new URL(address)
  const matches = ({ path }: Route) =>
    path.endsWith('/*') ? pathname.startsWith(path.slice(0, -1)) : path === pathname
  const route = origin === url ? routes.find(matches) : undefined
  const answer = await route?.handle({ url: new URL(address) } as HostRequest)
  return answer?.status === 200 ? new TextDecoder().decode(answer.body) : undefined
}

const elements = (element: XmlElement): XmlElement[] => [element, ...element.elements.flatMap(elements)]

/** The addresses that a document imports schemas from. */
function imports(address: string, document: string): string[] {
  return elements(parseXml(document, { comments: 'keep' }))
    .filter(({ localName }) => localName === 'import')
    .map((element) => new URL(element.attribute('schemaLocation')!, address).href)
}

describe('the schemas', () => {
  // `npx vitest run -u FILE` writes the files.
  it.each([...SCHEMAS])('schemas/%s of the package is what is served', async (name, schema) => {
    await expect(schema).toMatchFileSnapshot(`../../../schemas/${name}`)
  })

  it('are not others', async () => {
    for (const name of ['', 'other.xsd', '../package.json', 'toString']) {
      expect(await get(`${url}/schemas/${name}`)).toBeUndefined()
    }
  })
})

describe('the WSDL of each service', () => {
  it.each([
    ['/claims', ['ws-trust.xsd', 'u-prove.xsd', 'xmldsig.xsd']],
    ['/present', ['ws-trust.xsd', 'u-prove.xsd', 'xmldsig.xsd']],
    ['/wstep', ['wstep.xsd', 'xml.xsd']],
    ['/policy', ['xcep.xsd']],
  ])('at %s imports schemas that are served here, and no others', async (path, files) => {
    const seen = new Set<string>()
    for (const left = [`${url}${path}?wsdl`]; left.length > 0;) {
      const address = left.pop()!
      if (seen.has(address)) continue
      seen.add(address)
      const document = await get(address)
      if (document === undefined) throw new Error(`not served: ${address}`)
      left.push(...imports(address, document))
    }
    expect([...seen]).toEqual([`${url}${path}?wsdl`, ...files.map((file) => `${url}/schemas/${file}`)])
  })

  it('is not there for policies where none are served', () => {
    expect(descriptionRoutes(url, false).map(({ path }) => path)).not.toContain('/policy')
  })
})
