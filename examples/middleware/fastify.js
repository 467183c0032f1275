// Fastify: a plugin that guards the routes of the scope that registers it.
import fastify from 'fastify'

/**
 * @param {import('fastify').FastifyInstance} scope
 * @param {{ guard: import('./guard.js').PresentationGuard }} options
 */
export async function presentationPlugin(scope, { guard }) {
  scope.decorateRequest('attributes', null)
  scope.addHook('onRequest', async (request, reply) => {
    const attributes = await guard.check(request.method, request.url, request.headers.authorization)
    if (attributes === undefined) {
      const challenge = await guard.challenge(request.method, request.url)
      return reply.code(401).header('WWW-Authenticate', challenge).send({ error: 'a presentation is required' })
    }
    request.setDecorator('attributes', attributes)
  })
}
// So that the hook guards the routes beside the plugin too.
Object.assign(presentationPlugin, { [Symbol.for('skip-override')]: true })

/** @param {import('./guard.js').PresentationGuard} guard */
export function createApp(guard) {
  const app = fastify()
  app.get('/', () => ({ open: true }))
  app.register(async (members) => {
    await members.register(presentationPlugin, { guard })
    members.get('/members', (request) => {
      /** @type {Map<number, Uint8Array>} */
      const attributes = request.getDecorator('attributes')
      return { role: new TextDecoder().decode(attributes.get(2)) }
    })
  })
  return app
}
