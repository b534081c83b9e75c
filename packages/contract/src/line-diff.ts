/** A line of two texts: in both, taken out of the first, or put into the second. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added'
  readonly text: string
}

/** More lines that differ at one place are shown as replaced as a whole. */
const mostLines = 2000

/** What turns one text into another, line by line, with as few changes as can be. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  return [
    ...a.slice(0, head).map(line('same')),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(line('same')),
  ]
}

/** The changes with `around` lines beside each; null stands for lines that are left out. */
export function changedLines(diff: readonly DiffLine[], around: number): (DiffLine | null)[] {
  const isNear = diff.map((_, at) => diff.slice(Math.max(0, at - around), at + around + 1).some(isChange))
  return diff.flatMap((one, at) => (isNear[at] ? [one] : at === 0 || isNear[at - 1] ? [null] : []))
}

const isChange = ({ kind }: DiffLine) => kind !== 'same'

const line =
  (kind: DiffLine['kind']) =>
  (text: string): DiffLine => ({ kind, text })

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))

/** By the longest common subsequence. */
function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length > mostLines || b.length > mostLines) return [...a.map(line('removed')), ...b.map(line('added'))]
  const width = b.length + 1
  const common = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!)
    }
  }
  const found: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.push(line('same')(a[i++]!))
      j++
    } else if (common[(i + 1) * width + j]! >= common[i * width + j + 1]!) found.push(line('removed')(a[i++]!))
    else found.push(line('added')(b[j++]!))
  }
  return [...found, ...a.slice(i).map(line('removed')), ...b.slice(j).map(line('added'))]
}
