import { describe, expect, it } from 'vitest'
import { authoritySettings } from '../deployment/profile-settings.js'
import { warnOfLegacy } from './security-token-service.js'

describe('the settings for old clients', () => {
  const warned = (legacy?: object): string[] => {
    const settings: string[] = []
    const authority = authoritySettings.parse({ certificate: 'c', key: 'k', profiles: {}, legacy })
    const log = { warn: ({ setting }: { setting: string }) => void settings.push(setting) }
    warnOfLegacy({ deployment: { configuration: { authority } }, log })
    return settings
  }

  it('are warned of, each by itself, if they are on', () => {
    expect(warned()).toEqual([])
    expect(warned({ sha1Possession: false, minRsaBits: 2048 })).toEqual([])
    for (const setting of ['sha1Possession', 'sha1Renewal', 'nullSignatures', 'ber']) {
      expect(warned({ [setting]: true })).toEqual([`authority.legacy.${setting}`])
    }
    expect(warned({ minRsaBits: 1024, ber: true })).toEqual(['authority.legacy.ber', 'authority.legacy.minRsaBits'])
  })
})
