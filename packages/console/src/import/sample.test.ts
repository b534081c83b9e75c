import type { Signature } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { readSample, sampleText } from './sample.ts'

const signature: Signature = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [-1, 1] },
    { name: 'city', datatype: 'BYTES', shape: [-1, 1] },
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
  ],
  outputs: [{ name: 'p', datatype: 'FP32', shape: [-1, 1] }],
}

it('reads CSV with quotes, empty cells, lists and what is expected', () => {
  const { rows, others } = readSample('age;city;x[0];x[1];p\r\n41;"a;""b""";1;2;0.5\r\nNaN;7;True;old;\n', signature)

  expect(rows).toEqual([
    { age: 41, city: 'a;"b"', x: [1, 2] },
    { age: null, city: '7', x: [1, 'old'] },
  ])
  expect(others).toEqual(new Map([['p', [0.5, null]]]))
})

it('reads back what it wrote', () => {
  const rows = [{ age: null, city: 'x, "y"', x: [1.5, null] }]

  const read = readSample(sampleText(signature, rows, [0.25]), signature)

  expect(read.rows).toEqual(rows)
  expect(read.others.get('p')).toEqual([0.25])
})

it('reads JSON lists and lines, and columns by position', () => {
  const json = [{ age: 1, city: 'a', x: [1, 2] }]
  expect(readSample(JSON.stringify(json), signature).rows).toEqual(json)
  expect(readSample('{"age":1}\n{"age":2}', signature).rows).toEqual([{ age: 1 }, { age: 2 }])
  expect(readSample('{\n"age": 1\n}', signature).rows).toEqual([{ age: 1 }])
  expect(readSample('a,b,c,d\n1,u,3,4', signature).rows).toEqual([{ age: 1, city: 'u', x: [3, 4] }])
})

it('says what is wrong', () => {
  expect(() => readSample('age,city\n1', signature)).toThrow('Row 1 has 1 values, and the header has 2.')
  expect(() => readSample('[1]', signature)).toThrow('no list of objects')
  expect(() => readSample('{', signature)).toThrow('cannot be read')
  expect(() => readSample('age', signature)).toThrow('There are no rows')
})
