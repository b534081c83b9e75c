import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

it('writes the example of RFC 8785, section 3.2', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }

  expect(canonicalJson(value)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  )
})

it('sorts keys by UTF-16 code units, as in RFC 8785, section 3.2.3', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }

  const keys = [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, number]) => number)

  expect(keys).toEqual(['2', '4', '6', '7', '1', '5', '3'])
})

it('writes one text for one value, as JSON would keep it', () => {
  expect(canonicalJson({ b: undefined, a: [undefined, new Date(0)], c: -0 })).toBe(
    '{"a":[null,"1970-01-01T00:00:00.000Z"],"c":0}',
  )
})

it.each([{ value: Number.NaN }, { value: 1n }, { value: () => 1 }])('refuses $value', ({ value }) => {
  expect(() => canonicalJson({ value })).toThrow(TypeError)
})
