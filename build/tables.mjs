// The option tables and what is said of them, for what is made of them outside of the executable. They are TypeScript, so they
// are bundled first.
import { build } from 'esbuild';

const { outputFiles } = await build({
  stdin: {
    contents: "export * from './src/cli/options.ts'; export * from './src/cli/usage/help-text.ts';",
    resolveDir: '.',
    loader: 'ts',
  },
  bundle: true,
  write: false,
  format: 'esm',
});

export const { commands, globalOptions, grammarOf, commandText, globalText } = await import(
  `data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`
);

/** The commands that this version has. */
export const verbs = Object.keys(commands).filter((verb) => grammarOf(verb).available !== false);
