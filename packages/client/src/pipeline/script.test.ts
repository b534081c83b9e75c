import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { commandOf } from './command.ts'
import { fillScript } from './script.ts'

const variableOf = (expression: string) => `EVENKEEL_PARAM_${expression.trim().replace('params.', '').toUpperCase()}`
const fill = (script: string) => fillScript(script, variableOf)

/** Runs a command as a step would be run, with these params. */
function start(command: readonly string[], params: Readonly<Record<string, string>>): string {
  const env = Object.fromEntries(Object.entries(params).map(([name, value]) => [`EVENKEEL_PARAM_${name}`, value]))
  return execFileSync(command[0]!, command.slice(1), { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' })
}

const nasty = [
  '$(echo hacked)',
  '`echo hacked`',
  "'; echo hacked; '",
  '"; echo hacked; "',
  'a  b\t*',
  '${HOME}',
  '\\',
  '--help',
  'a\nb',
  '$((1+1))',
  '',
]

describe.each(['sh', 'bash'] as const)('in %s a value is never read as a part of the script', (shell) => {
  it.each([
    ['alone', "printf '[%s]' ${{ params.x }}"],
    ['in double quotes', 'printf \'[%s]\' "${{ params.x }}"'],
    ['in a substitution in quotes', "printf '[%s]' \"$(printf '%s|' ${{ params.x }})\""],
    ['after a comment with an apostrophe', "# it's a comment\nprintf '[%s]' ${{ params.x }}"],
    ['behind a heredoc', "cat > /dev/null <<'END'\nit's \"open\nEND\nprintf '[%s]' ${{ params.x }}"],
    ['in an assignment', 'y=${{ params.x }}\nprintf \'[%s]\' "$y"'],
  ])('%s', (_, script) => {
    const command = commandOf(script, shell, variableOf)

    for (const value of nasty) {
      // A substitution drops newlines at its end, and the bar keeps them.
      const shown = script.includes('|') ? `[${value}|]` : `[${value}]`
      expect(start(command, { X: value })).toBe(shown)
    }
  })
})

it('a list with placeholders starts the program with each value as one argument', () => {
  const command = commandOf(['printf', '[%s]', "it's $HOME", 'x=${{ params.x }}y', 1], 'sh', variableOf)

  for (const value of nasty) expect(start(command, { X: value })).toBe(`[it's $HOME][x=${value}y][1]`)
})

it('a list without placeholders is taken as it is', () => {
  expect(commandOf(['python3', 'a.py', 1], 'sh', variableOf)).toEqual(['python3', 'a.py', '1'])
})

describe('puts a quoted variable', () => {
  it.each([
    ['go --to=${{ params.x }}', 'go --to="${EVENKEEL_PARAM_X}"'],
    ['go "a ${{params.x}} b"', 'go "a ${EVENKEEL_PARAM_X} b"'],
    ['go "$(cat ${{ params.x }})"', 'go "$(cat "${EVENKEEL_PARAM_X}")"'],
    ["echo 'a' ${{ params.x }}", 'echo \'a\' "${EVENKEEL_PARAM_X}"'],
    ['echo \\"${{ params.x }}', 'echo \\""${EVENKEEL_PARAM_X}"'],
    ['# ${{ params.x }}', '# ${{ params.x }}'],
    ['echo "it\'s ${{ params.x }}"', 'echo "it\'s ${EVENKEEL_PARAM_X}"'],
    ['if [ ${{ params.x }} = 1 ]; then :; fi', 'if [ "${EVENKEEL_PARAM_X}" = 1 ]; then :; fi'],
    ['cat <<< ${{ params.x }}', 'cat <<< "${EVENKEEL_PARAM_X}"'],
    ['sh -c \'echo "$1"\' sh ${{ params.x }}', 'sh -c \'echo "$1"\' sh "${EVENKEEL_PARAM_X}"'],
  ])('%s', (script, filled) => {
    expect(fill(script)).toBe(filled)
  })
})

describe('refuses a placeholder', () => {
  it.each([
    ["echo '${{ params.x }}'", 'single quotes'],
    ["echo $'${{ params.x }}'", 'single quotes'],
    ['cat <<END\n${{ params.x }}\nEND', 'a heredoc'],
    ['cat <<-"END"\n\t${{ params.x }}\n\tEND', 'a heredoc'],
    ['echo $(( ${{ params.x }} + 1 ))', 'arithmetic'],
    ['echo "$(( "${{ params.x }}" + 1 ))"', 'arithmetic'],
    ['(( ${{ params.x }} > 1 ))', 'arithmetic'],
    ['[[ "${{ params.x }}" -eq 1 ]]', '[[ … ]]'],
    ['a[${{ params.x }}]=1', 'arithmetic'],
    ['echo ${y:-${{ params.x }}}', '"${…}"'],
    ['echo `cat ${{ params.x }}`', 'backticks'],
    ['eval ${{ params.x }}', 'eval'],
    ['true; eval "a ${{ params.x }}"', 'eval'],
    ['sh -c "echo ${{ params.x }}"', 'another shell'],
    ['bash -e -c "echo ${{ params.x }}"', 'another shell'],
    ['echo ${{ params.x ', 'no "}}"'],
  ])('%s', (script, says) => {
    expect(() => fill(script)).toThrow(says)
  })
})

it('a Python script reads its environment, and says which variable', () => {
  expect(() => commandOf('print("${{ params.x }}")', 'python', variableOf)).toThrow('os.environ["EVENKEEL_PARAM_X"]')
  expect(start(commandOf('import os\nprint(os.environ["EVENKEEL_PARAM_X"])', 'python', variableOf), { X: '1' })).toBe(
    '1\n',
  )
})

it.each([
  ['a NUL', 'a\0b', 'NUL'],
  ['a script too long for one argument', 'x'.repeat(200_000), '128 KiB'],
])('refuses %s', (_, script, says) => {
  expect(() => commandOf(script, 'sh', variableOf)).toThrow(says)
})
