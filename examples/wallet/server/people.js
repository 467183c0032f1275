// The people whom the Claim Provider knows, and how they log in.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const hash = /** @type {(password: string, salt: Buffer, length: number) => Promise<Buffer>} */ (promisify(scrypt))

/** The claim types, in the order in which tokens have them. */
export const claimTypes = ['given-name', 'surname', 'birth-date', 'over-18', 'country'].map(
  (name) => `urn:example:${name}`,
)

const [adult, minor] = [yearsAgo(36), yearsAgo(17)]

/** The example people with their passwords, which the page of the demonstration shows. */
export const people = [
  { id: 'anna', password: 'harbour lights', givenName: 'Anna', surname: 'Lindqvist', birthDate: adult, country: 'SE' },
  { id: 'tom', password: 'paper boats', givenName: 'Tom', surname: 'Becker', birthDate: minor, country: 'DE' },
]
/** @typedef {typeof people[number]} Person */

/** @param {number} years */
function yearsAgo(years) {
  const date = new Date()
  date.setUTCFullYear(date.getUTCFullYear() - years, date.getUTCMonth(), 1)
  return date.toISOString().slice(0, 10)
}

/** The values of the claim types. Being over 18 is computed when it is certified. @param {Person} person */
export function claimsOf({ givenName, surname, birthDate, country }) {
  const over18 = birthDate <= yearsAgo(18) ? 'yes' : 'no'
  return [givenName, surname, birthDate, over18, country]
}

const mostFailures = 5
const pause = 60_000

/** Checks passwords. After five wrong ones in a row an account waits a minute. */
export async function createLogIn() {
  const salted = await Promise.all(
    people.map(async (person) => {
      const salt = randomBytes(16)
      return { person, salt, digest: await hash(person.password, salt, 32), failures: 0, until: 0 }
    }),
  )

  /**
   * The person, or why not. An unknown name takes as long as a wrong password, and gets the same answer.
   * @param {unknown} name
   * @param {unknown} password
   * @returns {Promise<Person | 'wrong' | 'paused'>}
   */
  return async (name, password) => {
    const account = salted.find(({ person }) => person.id === name)
    if (account !== undefined && account.until > Date.now()) return 'paused'
    const { salt, digest } = account ?? { salt: Buffer.alloc(16), digest: Buffer.alloc(32) }
    const given = await hash(String(password), salt, 32)
    if (timingSafeEqual(given, digest) && account !== undefined) {
      account.failures = 0
      return account.person
    }
    if (account !== undefined && ++account.failures >= mostFailures) {
      account.failures = 0
      account.until = Date.now() + pause
    }
    return 'wrong'
  }
}
