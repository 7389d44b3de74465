/** A Dockerfile as instructions, and our rules for it. */

export type Instruction = { name: string; rest: string }

export function instructionsOf(text: string): Instruction[] {
  return text
    .replace(/^\s*#.*$/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => /^\s*(\w+)\s+(.*?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = '', rest = '']) => ({ name: name.toUpperCase(), rest }))
}

/** From the last FROM on: what runs. */
export const lastStage = (all: readonly Instruction[]): Instruction[] => all.slice(all.findLastIndex(({ name }) => name === 'FROM'))

const SECRET = /\b\w*(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|CREDENTIALS)\w*/i

/** Each rule gives what breaks it. */
const rules: ((all: readonly Instruction[]) => string[])[] = [
  (all) =>
    all
      .filter(({ name, rest }) => name === 'FROM' && !/^(--platform=\S+ )?[\w./-]+:\w*\d+\.\d+(\.\d+)?[\w.-]*( |$)/.test(rest))
      .map(({ rest }) => `FROM ${rest}: name an exact version`),
  (all) =>
    /^(?!root\b|0\b)\w+/.test(lastStage(all).findLast(({ name }) => name === 'USER')?.rest ?? '') ? [] : ['USER is root: name another'],
  (all) =>
    lastStage(all).some(({ name, rest }) => name === 'HEALTHCHECK' && rest !== 'NONE')
      ? []
      : ['HEALTHCHECK is missing: say how it is seen to live'],
  (all) => all.filter(({ name }) => name === 'ADD').map(({ rest }) => `ADD ${rest}: COPY takes files, and downloads come with a lockfile`),
  (all) =>
    all
      .filter(({ name, rest }) => (name === 'ENV' || name === 'ARG') && SECRET.test(rest))
      .map(({ name, rest }) => `${name} ${rest}: whoever has the image has the secret; give it to the container`),
  (all) =>
    all
      .filter(({ name, rest }) => (name === 'CMD' || name === 'ENTRYPOINT') && !rest.startsWith('['))
      .map(({ name, rest }) => `${name} ${rest}: as a list, or a shell swallows the signals`),
  (all) =>
    all
      .filter(({ name, rest }) => name === 'RUN' && /\bnpm (i|install)\b|--install-links|(curl|wget)\b.*\|/.test(rest))
      .map(({ rest }) => `RUN ${rest}: npm ci, by the lockfile`),
]

export const faultsOf = (text: string): string[] => rules.flatMap((rule) => rule(instructionsOf(text)))
