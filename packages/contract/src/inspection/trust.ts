import type { Use } from './pickle.ts'
import { type Import, nameOf } from './values.ts'

/** `known` is harmless; `dangerous` reaches files, processes, the network or Python itself; of the rest nothing is known. */
export type Trust = 'known' | 'unknown' | 'dangerous'

/** Whether a pickle may do this with what it imports. A list of names, because libraries hold functions that run code. */
export function trustOf(of: Import, uses: Iterable<Use>): Trust {
  if (isDangerous(of)) return 'dangerous'
  return [...uses].every((use) => isKnown(of, use)) ? 'known' : 'unknown'
}

function isDangerous({ module, name }: Import): boolean {
  if (/^(builtins|__builtin__)$/.test(module)) return dangerousBuiltins.has(name.split('.')[0]!)
  // Protocol 4 follows dots: `numpy` and `os.system` would be found as well.
  const [root, ...parts] = `${module}.${name}`.split('.')
  return dangerousRoots.has(root!) || parts.some((part) => dangerousAnywhere.has(part))
}

const dangerousBuiltins = words(
  'eval exec compile open __import__ getattr setattr delattr input breakpoint globals locals vars apply execfile file',
)

const dangerousAnywhere = words(
  'os nt posix subprocess sys socket shutil runpy ctypes importlib imp builtins __builtin__ __import__ ' +
    '__globals__ __builtins__ system popen runstring read_pickle f2py',
)

const dangerousRoots = words(
  'os nt posix posixpath ntpath subprocess sys socket ssl shutil runpy ctypes importlib imp pickle _pickle cPickle dill ' +
    'marshal code codeop pty commands popen2 webbrowser urllib urllib2 urllib3 requests http httplib ftplib smtplib ' +
    'telnetlib asyncio multiprocessing threading _thread signal tempfile glob fileinput io _io bdb pdb timeit trace ' +
    'profile cProfile pydoc doctest site pip gc inspect types distutils setuptools',
)

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/** Parts of libraries that read files, run code or fetch data. */
const riskyPart =
  /(^|\.)(io|_?testing|tests?|f2py|distutils|ctypeslib|datasets|externals|computation|conftest|memmap|numpy_pickle_compat)(\.|$)/

function isKnown(of: Import, use: Use): boolean {
  const full = nameOf(of)
  if (harmless[use].some((pattern) => pattern.test(full))) return true
  if (of.name.includes('.') || riskyPart.test(full)) return false
  return inLibraries[use].some((pattern) => pattern.test(full))
}

const plain = [
  /^(builtins|__builtin__)\.(set|frozenset|list|dict|tuple|int|long|float|complex|str|unicode|bool|bytes|bytearray|object|slice|range|xrange)$/,
  /^collections\.(OrderedDict|defaultdict|Counter|deque)$/,
  /^datetime\.(date|time|datetime|timedelta|timezone)$/,
  /^(decimal\.Decimal|fractions\.Fraction|uuid\.UUID)$/,
]

const harmless: Readonly<Record<Use, readonly RegExp[]>> = {
  named: [...plain, /^copy_?reg\._reconstructor$/, /^functools\.partial$/, /^_codecs\.encode$/],
  made: [...plain, /^functools\.partial$/],
  called: [...plain, /^copy_?reg\._reconstructor$/, /^functools\.partial$/, /^_codecs\.encode$/],
}

const rebuilders = [
  /^numpy\.(_?core)\.multiarray\.(_reconstruct|scalar)$/,
  /^numpy\.(_?core)\.numeric\._frombuffer$/,
  /^numpy\.(dtype|ndarray)$/,
  /^numpy\.dtypes\.\w+$/,
  /^numpy\.random\._pickle\.__(randomstate|generator|bit_generator)_ctor$/,
  /^numpy\.random\._(mt19937|pcg64|philox|sfc64)\.\w+$/,
  /^numpy\.random\.bit_generator\.\w+$/,
  /^numpy\.ma\.core\._mareconstruct$/,
  /^pandas\._libs\.internals\._unpickle_block$/,
  /^pandas\.core\.indexes\.base\._new_Index$/,
  /^pandas\.core\.internals\.managers\.\w*Manager$/,
  /^pandas\.core\.dtypes\.dtypes\.\w+$/,
  /^pandas\.core\.arrays\.string_\.StringDtype$/,
  /^pandas\.\w*Dtype$/,
  /^pandas\._libs\.tslibs\.timestamps\._unpickle_timestamp$/,
  /^(numpy|scipy|pandas|sklearn|lightgbm|xgboost|catboost)(\.\w+)*\.__pyx_unpickle_\w+$/,
  // What scikit-learn writes in C calls its class, or this.
  /^sklearn\.neighbors\._(kd|ball)_tree\.newObj\w*$/,
  /^sklearn\.metrics\._dist_metrics\.newObj\w*$/,
  /^sklearn(\.\w+)*\._?[A-Z]\w*$/,
  /^torch\._utils\._rebuild_\w+$/,
]

const numbers =
  /^numpy\.((u?int|float|complex)\d*|bool_?|object_|str_|bytes_|void|u?intc|u?intp|longdouble|u?longlong|single|double)$/
const ufuncs =
  /^numpy\.(log|log2|log10|log1p|exp|exp2|expm1|sqrt|cbrt|square|abs|absolute|fabs|sign|sin|cos|tan|tanh|arcsinh|arctan|floor|ceil|rint|round|clip|reciprocal|negative|isnan|nan_to_num|mean|median|sum|min|max|amin|amax|ravel|reshape)$/

const inLibraries: Readonly<Record<Use, readonly RegExp[]>> = {
  named: [
    ...rebuilders,
    numbers,
    ufuncs,
    /^(scipy|lightgbm|xgboost|catboost|joblib)(\.\w+)*\._?[A-Z]\w*$/,
    /^pandas\.core(\.\w+)*\._?[A-Z]\w*$/,
    /^pandas\._libs(\.\w+)*\._?[A-Z]\w*$/,
    /^pandas\.(DataFrame|Series|\w*Index|\w*Dtype|arrays\.\w+Array|Categorical|Timestamp|Timedelta|Interval)$/,
    /^scipy\.(sparse|special|interpolate|stats)(\.\w+)*$/,
    /^numpy\.ma(\.core)?\.MaskedArray$/,
    /^sklearn\.(feature_selection|metrics|gaussian_process|linear_model|ensemble|tree|preprocessing)(\.\w+)*$/,
    /^torch\.\w+Storage$/,
    /^torch\.nn\.modules(\.\w+)*\.[A-Z]\w*$/,
  ],
  // `__new__` of a class: a function cannot be taken for one.
  made: [
    /^(numpy|scipy|pandas|sklearn|lightgbm|xgboost|catboost|joblib)(\.\w+)+$/,
    /^torch\.nn\.modules(\.\w+)*\.[A-Z]\w*$/,
  ],
  called: rebuilders,
}
