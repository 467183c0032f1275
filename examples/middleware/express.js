// Express: a middleware that admits only requests with a valid presentation.
import express from 'express'

/**
 * @param {import('./guard.js').PresentationGuard} guard
 * @returns {express.RequestHandler}
 */
export const requirePresentation = (guard) => async (request, response, next) => {
  const attributes = await guard.check(request.method, request.originalUrl, request.get('authorization'))
  if (attributes === undefined) {
    const challenge = await guard.challenge(request.method, request.originalUrl)
    response.status(401).set('WWW-Authenticate', challenge).json({ error: 'a presentation is required' })
    return
  }
  response.locals['attributes'] = attributes
  next()
}

/** @param {import('./guard.js').PresentationGuard} guard */
export function createApp(guard) {
  const app = express()
  app.get('/', (_request, response) => void response.json({ open: true }))
  app.get('/members', requirePresentation(guard), (_request, response) => {
    const role = /** @type {Map<number, Uint8Array>} */ (response.locals['attributes']).get(2)
    response.json({ role: new TextDecoder().decode(role) })
  })
  return app
}
