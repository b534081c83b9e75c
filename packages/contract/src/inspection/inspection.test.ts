import { readFile } from 'node:fs/promises'
import { deflateSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { InspectionError, inspectModel, isPythonFile, verdictOf } from '../inspection.ts'
import { unpack } from './unpack.ts'

const fixture = (name: string): Promise<Buffer> => readFile(new URL(`fixtures/${name}`, import.meta.url))
const hex = (...parts: readonly string[]) => Buffer.from(parts.join(''), 'hex')

const forest = 'a scikit-learn Pipeline of StandardScaler, RandomForestClassifier, scikit-learn 1.9.1'
const columns =
  'a scikit-learn Pipeline of ColumnTransformer (Pipeline (SimpleImputer, StandardScaler), OneHotEncoder), LogisticRegression, scikit-learn 1.9.1'

it.each([
  ['forest-2.pkl', forest],
  ['forest-4.pkl', forest],
  ['forest-5.pkl', forest],
  ['forest.pkl.gz', forest],
  ['forest.joblib', forest],
  ['columns.joblib', columns],
  ['columns-zlib.joblib', columns],
  ['columns.skops', 'a file of skops with scikit-learn Pipeline'],
  ['linear-0.pkl', 'a scikit-learn LinearRegression, scikit-learn 1.9.1'],
  ['linear-1.pkl', 'a scikit-learn LinearRegression, scikit-learn 1.9.1'],
  ['search.pkl', 'a scikit-learn GridSearchCV of LogisticRegression, scikit-learn 1.9.1'],
  ['calibrated.pkl', 'a scikit-learn CalibratedClassifierCV of LogisticRegression, scikit-learn 1.9.1'],
  ['neighbours.pkl', 'a scikit-learn KNeighborsClassifier, scikit-learn 1.9.1'],
  ['words.pkl', 'a scikit-learn Pipeline of TfidfVectorizer, LogisticRegression, scikit-learn 1.9.1'],
  // It keeps a generator of random numbers.
  ['mlp.pkl', 'a scikit-learn MLPClassifier, scikit-learn 1.9.1'],
  ['function.pkl', 'a scikit-learn Pipeline of FunctionTransformer, LinearRegression, scikit-learn 1.9.1'],
  ['lightgbm.pkl', 'a LightGBM LGBMClassifier, scikit-learn 1.9.1'],
  ['xgboost.pkl', 'an XGBoost XGBClassifier'],
  ['frame.pkl', 'a pandas DataFrame'],
  ['list.pkl', 'a list of 3 values'],
  ['linear.safetensors', 'safetensors: 2 tensors with 8 numbers of F32'],
])('says what %s is, and that it may be loaded', async (name, says) => {
  const file = await fixture(name)

  const found = await inspectModel(file)

  expect(isPythonFile(file)).toBe(true)
  expect(found.says).toBe(says)
  expect(verdictOf(found)).toEqual({ mayLoad: true, why: [], untrusted: [] })
})

it.each([
  ...[0, 1, 2, 3, 4, 5].map((protocol) => [`evil-system-${protocol}.pkl`, 'posix.system'] as const),
  ['evil-popen.pkl', 'subprocess.Popen'],
  ['evil-eval.pkl', 'builtins.eval'],
  ['evil-getattr.pkl', 'builtins.getattr'],
  ['evil-hidden.joblib', 'posix.system'],
  ['evil-array.joblib', 'posix.system'],
] as const)('refuses %s, which would run %s', async (name, runs) => {
  const { mayLoad, why, untrusted } = verdictOf(await inspectModel(await fixture(name)))

  expect(mayLoad).toBe(false)
  expect(why).toEqual([`It would run ${runs}: do not load it.`])
  expect(untrusted).toEqual([runs])
})

it('knows the old format of PyTorch, and vouches for nothing in it', async () => {
  const found = await inspectModel(hex('80028a0a6cfc9c46f9206aa850192e', '8002', '4d', 'e903', '2e'))

  expect(found.says).toBe('a file of PyTorch in the format that it had before 1.6')
  expect(verdictOf(found).mayLoad).toBe(false)
})

/** Protocol 4 finds a name behind dots, so a harmless module may lead to any other. */
const global = (module: string, name: string) =>
  `8c${module.length.toString(16).padStart(2, '0')}${Buffer.from(module).toString('hex')}` +
  `8c${name.length.toString(16).padStart(2, '0')}${Buffer.from(name).toString('hex')}93`

it.each([
  ['a name behind dots', global('numpy', 'os.system'), 'It would run numpy.os.system: do not load it.'],
  ['a function of a known library', global('numpy', 'load'), 'It imports numpy.load'],
  ['a library that nobody knows', global('churn.features', 'Encoder'), 'It imports churn.features.Encoder'],
  ['a class that writes a file', global('pandas.io.pytables', 'HDFStore'), 'It imports pandas.io.pytables.HDFStore'],
])('knows %s', async (_, load, why) => {
  const found = await inspectModel(hex('8004', load, '29', '52', '2e'))

  expect(verdictOf(found).why).toEqual([expect.stringContaining(why)])
})

it.each([
  ['calls what a call gave', `${global('functools', 'partial')}295229522e`, 'It calls what an earlier call gave.'],
  ['makes up a name', `4b018c0161932e`, 'whose name it makes up'],
  ['changes a class', `${global('sklearn.tree', 'Tree')}7d622e`, 'It would change sklearn.tree.Tree itself.'],
  ['writes into a module', `${global('sklearn.tree', 'Tree')}4b014b01732e`, 'It writes into something'],
  ['takes a class by number', '82012e', "the class 1 of copyreg's table"],
])('refuses what %s', async (_, code, why) => {
  expect(verdictOf(await inspectModel(hex('8004', code))).why).toContainEqual(expect.stringContaining(why))
})

/** An array as joblib writes it: its wrapper with these entries, and then bytes that are no numbers. */
const arrayOf = (dtype: string, more = '') =>
  [
    `${global('joblib.numpy_pickle', 'NumpyArrayWrapper')}298194`,
    `7d94288c0573686170654b018594`,
    `8c056474797065${dtype}${more}7562`,
    `${global('posix', 'system')}8c047472756585522e`,
  ].join('')
const dtypeOf = (code: string, state = '') =>
  `${global('numpy', 'dtype')}8c${code.length.toString(16).padStart(2, '0')}${Buffer.from(code).toString('hex')}8552${state}`
/** With 60 bytes each, and flags. */
const stateOf = (flags: string) => `284b038c013c4e4e4e4b3c4b01${flags}7462`

it.each([
  ['a type without its size', dtypeOf('f'), ''],
  ['a number that says another size', dtypeOf('f1', stateOf('4b00')), ''],
  ['a number that says it is an object', dtypeOf('f8', stateOf('4b01')), ''],
  ['a text that says it is an object', dtypeOf('S60', stateOf('4b01')), ''],
  ['an object that says it is none', dtypeOf('O8', stateOf('4b00')), ''],
  ['a type of another class', `${global('collections', 'OrderedDict')}8c034636308552`, ''],
  ['a key behind an escape', dtypeOf('f8'), `${Buffer.from("S'dty\\x70e'\n").toString('hex')}4e`],
])('does not let an array hide what comes after it: %s', async (_, dtype, more) => {
  const hidden = hex('8004', arrayOf(dtype, more))

  const verdict = await inspectModel(hidden).then(verdictOf, (error: Error) => error)

  expect(verdict).not.toMatchObject({ mayLoad: true })
})

it('takes the word of a person for a name, and for all below it', async () => {
  const found = await inspectModel(hex('8004', global('churn.features', 'Encoder'), '2981', '2e'))

  expect(verdictOf(found, ['churn.features.Encoder']).mayLoad).toBe(true)
  expect(verdictOf(found, ['churn']).mayLoad).toBe(true)
  expect(verdictOf(found, ['churn.feat']).mayLoad).toBe(false)
})

const repeated = (code: string, count: number) => Buffer.concat([hex('8004'), Buffer.alloc(count, hex(code))])

it.each([
  ['nothing behind its mark', hex('8004')],
  ['a text of 2 GiB', hex('8004', '58ffffff7f')],
  ['bytes of 16 EiB', hex('8004', '8effffffffffffffff')],
  ['a negative length', hex('8002', '54ffffffff')],
  ['a value from nowhere', hex('8004', '52')],
  [
    'an array of which nobody knows the size',
    hex('8004', arrayOf(dtypeOf('f8'), '8c05736861706547400400000000000085')),
  ],
  ['a memo from nowhere', hex('8004', '68ff')],
  ['a mark from nowhere', hex('8004', '74')],
  ['no operation', hex('8004', 'ff')],
  ['five million marks', repeated('28', 5_000_000)],
  ['five million values', repeated('4e', 5_000_000)],
  ['a memo without end', Buffer.concat([hex('8004', '4e'), Buffer.alloc(1_100_000, hex('94'))])],
  ['operations without end', Buffer.concat([hex('8004', '4e'), Buffer.alloc(21_000_000, hex('3230'))])],
  ['a gzip that ends early', gzipSync(Buffer.alloc(1000)).subarray(0, 20)],
  ['zlib of zeros', deflateSync(Buffer.alloc(1000))],
  ['a ZIP without a directory', Buffer.from('PK\x03\x04')],
  ['a header of 16 EiB', Buffer.from('\xff\xff\xff\xff\xff\xff\xff\xff{"', 'latin1')],
  [
    'a tensor outside of its file',
    Buffer.from('\x40\0\0\0\0\0\0\0{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'.padEnd(72), 'latin1'),
  ],
])('ends with a reason, not with the process: %s', async (_, bytes) => {
  await expect(inspectModel(bytes)).rejects.toThrow(InspectionError)
})

it('reads what is nested deeply without a stack of its own', async () => {
  const depth = 200_000
  const nested = Buffer.concat([
    hex('8004'),
    Buffer.alloc(depth, hex('5d')),
    Buffer.alloc(depth - 1, hex('61')),
    hex('2e'),
  ])

  expect(await inspectModel(nested)).toMatchObject({ says: 'a list of 1 value' })
})

it('stops unpacking what claims to be small', async () => {
  const bomb = gzipSync(Buffer.alloc(20 * 1024 ** 2))

  await expect(unpack(bomb, 'gzip', 1024 ** 2)).rejects.toThrow('more than 1048576 bytes, which is not read')
})

it('ends every cut of a file with a reason', async () => {
  const whole = await fixture('columns.joblib')
  for (let length = 3; length < whole.length; length += 7) {
    await expect(inspectModel(whole.subarray(0, length))).rejects.toThrow(InspectionError)
  }
})
