/** The parts of yargs and what is below it that the help uses; build/usage.mjs says where each really comes from. */

declare module 'yargs' {
  export interface YargsOption {
    alias?: string;
    type: 'boolean' | 'string' | 'number' | 'array';
    group: string;
    describe: string;
    default?: string | number;
    hidden?: boolean;
  }
  type Take = (error: Error | undefined, argv: unknown, output: string) => void;
  export interface Yargs {
    scriptName(name: string): Yargs;
    usage(text: string): Yargs;
    help(on: false): Yargs;
    version(on: false): Yargs;
    exitProcess(on: false): Yargs;
    wrap(columns: number): Yargs;
    parserConfiguration(configuration: { readonly [name: string]: boolean }): Yargs;
    option(name: string, option: YargsOption): Yargs;
    command(name: string, description: string | false): Yargs;
    recommendCommands(): Yargs;
    strict(): Yargs;
    completion(command: string, description: string | false): Yargs;
    showHelp(take: (text: string) => void): Yargs;
    getCompletion(words: readonly string[], take: (error: Error | null, found: readonly string[]) => void): unknown;
    parse(words: readonly string[], context: object, take: Take): unknown;
  }
  export default function yargs(words: readonly string[]): Yargs;
}

declare module 'cliui' {
  export default function cliui(options: object): unknown;
}

declare module 'yargs-parser' {
  const parser: unknown;
  export default parser;
}
