import { describe, expect, it } from 'vitest'
import { isPrivate, whyNotSend } from './address.ts'

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
    'nothing',
  ])('%s is private', (address) => {
    expect(isPrivate(address)).toBe(true)
  })

  it.each(['93.184.216.34', '2606:2800:220:1::1', '::ffff:93.184.216.34'])('%s is public', (address) => {
    expect(isPrivate(address)).toBe(false)
  })

  it.each([
    'http://localhost:5000/x',
    'http://127.1/x',
    'http://0x7f.1/x',
    'http://[::1]/x',
    'http://[::ffff:7f00:1]/x',
    'https://u:p@example.org/',
    'ftp://example.org',
  ])('%s is refused, and only by a setting some of them are not', (url) => {
    expect(whyNotSend(url, { privateTargets: false })).toBeDefined()
  })

  it('of the public are let through, and private ones by the setting', () => {
    expect(whyNotSend('https://example.org/x', { privateTargets: false })).toBeUndefined()
    expect(whyNotSend('http://localhost:5000/x', { privateTargets: true })).toBeUndefined()
    expect(whyNotSend('http://u:p@localhost:5000/x', { privateTargets: true })).toBeDefined()
  })
})
