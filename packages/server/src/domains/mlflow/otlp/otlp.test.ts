import { describe, expect, it } from 'vitest'
import { readJson } from './json.ts'
import { exportRequest, OtlpError } from './messages.ts'
import { readProtobuf } from './protobuf.ts'

/** What the library of OpenTelemetry for Python wrote, and what it says that this is in proto JSON. */
const bytes = Buffer.from(
  'CsECChwKGgoMc2VydmljZS5uYW1lEgoKCGxhdGUtYXBpEqACCgoKBXRlc3RzEgExEpECChABAgMEBQYHCAkKCwwNDg8QEggBAgMEBQYHCCIICwwNDg8QERIqEXNww6R0ZSBGbMO8Z2Ug4pyIMAM5FU0xTsFGehhBFRfMicFGehhKBwoBdBICCgBKBwoBYhICEABKEAoBaRILGP/////////v/wFKDgoBZBIJIZqZmZmZmbk/ShAKA25hbhIJIQAAAAAAAPh/SgkKAXkSBDoCAP9KEQoEbGlzdBIJKgcKAwoBeAoAShIKA21hcBILMgkKBwoBaxICGAdKBgoEbm9uZVoPCRUuJ1TBRnoYEgR0aWNrYANqHAoQEA8ODQwLCgkIBwYFBAMCARIICAcGBQQDAgF6CxIHbm8gZGF0YRgChQEBAQAA',
  'base64',
)
const message = {
  resource_spans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { string_value: 'late-api' } }] },
      scope_spans: [
        {
          spans: [
            {
              trace_id: 'AQIDBAUGBwgJCgsMDQ4PEA==',
              span_id: 'AQIDBAUGBwg=',
              parent_span_id: 'CwwNDg8QERI=',
              name: 'späte Flüge ✈',
              kind: 'SPAN_KIND_CLIENT',
              start_time_unix_nano: '1763800000123456789',
              end_time_unix_nano: '1763800001123456789',
              attributes: [
                { key: 't', value: { string_value: '' } },
                { key: 'b', value: { bool_value: false } },
                { key: 'i', value: { int_value: '-9007199254740993' } },
                { key: 'd', value: { double_value: 0.1 } },
                { key: 'nan', value: { double_value: 'NaN' } },
                { key: 'y', value: { bytes_value: 'AP8=' } },
                { key: 'list', value: { array_value: { values: [{ string_value: 'x' }, {}] } } },
                { key: 'map', value: { kvlist_value: { values: [{ key: 'k', value: { int_value: '7' } }] } } },
                { key: 'none' },
              ],
              events: [{ time_unix_nano: '1763800000223456789', name: 'tick' }],
              dropped_events_count: 3,
              links: [{ trace_id: 'EA8ODQwLCgkIBwYFBAMCAQ==', span_id: 'CAcGBQQDAgE=' }],
              status: { message: 'no data', code: 'STATUS_CODE_ERROR' },
              flags: 257,
            },
          ],
        },
      ],
    },
  ],
}

/** As OpenTelemetry's own JSON has it: camel case, ids in hex, enums by number. */
const otlpJson = {
  resourceSpans: [
    {
      resource: {
        attributes: [{ key: 'service.name', value: { stringValue: 'late-api' } }],
      },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '0102030405060708090A0B0C0D0E0F10',
              spanId: '0102030405060708',
              parentSpanId: '0b0c0d0e0f101112',
              name: 'späte Flüge ✈',
              kind: 3,
              startTimeUnixNano: '1763800000123456789',
              endTimeUnixNano: '1763800001123456789',
              attributes: [
                { key: 't', value: { stringValue: '' } },
                { key: 'b', value: { boolValue: false } },
                { key: 'i', value: { intValue: '-9007199254740993' } },
                { key: 'd', value: { doubleValue: 0.1 } },
                { key: 'nan', value: { doubleValue: 'NaN' } },
                { key: 'y', value: { bytesValue: 'AP8=' } },
                { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, {}] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { intValue: 7 } }] } } },
                { key: 'none', value: null },
              ],
              events: [{ timeUnixNano: '1763800000223456789', name: 'tick' }],
              droppedEventsCount: 3,
              links: [{ traceId: '100f0e0d0c0b0a090807060504030201', spanId: '0807060504030201' }],
              status: { message: 'no data', code: 2 },
              flags: 257,
              unknown: { to: 'us' },
            },
          ],
        },
      ],
    },
  ],
}

describe('protobuf', () => {
  it('is read as the library of OpenTelemetry reads it', () => {
    expect(readProtobuf(exportRequest, bytes)).toEqual(message)
  })

  it('is read, or refused, wherever it is cut or damaged', () => {
    const outcomes = { read: 0, refused: 0, bug: [] as unknown[] }
    const attempt = (broken: Buffer) => {
      try {
        readProtobuf(exportRequest, broken)
        outcomes.read++
      } catch (error) {
        if (error instanceof OtlpError) outcomes.refused++
        else outcomes.bug.push(error)
      }
    }
    for (let at = 1; at < bytes.length; at++) {
      attempt(bytes.subarray(0, at))
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at]! * 31 + at) & 255
      attempt(damaged)
    }
    expect(outcomes.bug).toEqual([])
    expect(outcomes.refused).toBeGreaterThan(300)
    expect(outcomes.read).toBeGreaterThan(0)
  })

  it('is not followed into depths that no stack has', () => {
    let value = Buffer.from([0x10, 1])
    for (let level = 0; level < 3000; level++) {
      const list = Buffer.concat([Buffer.from([0x0a]), varint(value.length), value])
      value = Buffer.concat([Buffer.from([0x2a]), varint(list.length), list])
    }
    const wrapped = [0x12, 0x4a, 0x12, 0x12, 0x0a].reduce(
      (inner, tag) => Buffer.concat([Buffer.from([tag]), varint(inner.length), inner]),
      value,
    )
    expect(() => readProtobuf(exportRequest, wrapped)).toThrow(/100 deep/)
  })
})

describe('JSON', () => {
  it('says the same as protobuf', () => {
    expect(readJson(exportRequest, otlpJson)).toEqual(message)
  })

  it.each([
    [{ resourceSpans: {} }, /"resource_spans" is no list/],
    [{ resourceSpans: [5] }, /An object is missing/],
    [[], /An object is missing/],
    [span({ traceId: 'xyz' }), /"trace_id" is not written in hex/],
    [span({ name: 5 }), /"name" is not a value of type string/],
    [span({ startTimeUnixNano: 1.5 }), /"start_time_unix_nano"/],
    [span({ startTimeUnixNano: '18446744073709551616' }), /"start_time_unix_nano"/],
  ])('is refused with the name of the field: %j', (sent, why) => {
    expect(() => readJson(exportRequest, sent)).toThrow(why)
  })
})

function span(fields: object) {
  return { resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] }
}

function varint(length: number): Buffer {
  const found: number[] = []
  for (let rest = length; rest > 0 || found.length === 0; rest = Math.floor(rest / 128)) {
    found.push((rest % 128) | (rest >= 128 ? 128 : 0))
  }
  return Buffer.from(found)
}
