// What main exports to cold modules: of each source that is in main's bundle, what main itself uses. The modules of the standalone
// executable have no copy of it then: the file is smaller, and a Failure is an instance of one class everywhere. Main's bundle
// gets nothing that it had not before, except a list.
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

/** The name of the list in cold modules: one that no source has. */
const parameter = 'noci_shared';

/** Source → names that its part of a bundle declares, without the number that esbuild puts behind a name which is there twice. */
function declarations(bundle) {
  const declared = new Map();
  let names = new Set();
  for (const line of bundle.split('\n')) {
    const source = /^\/\/ (\S+\.[jt]s)$/.exec(line)?.[1];
    if (source !== undefined) {
      names = new Set();
      declared.set(source, names);
    }
    const name = /^(?:var|class|function\*?) ([\w$]+)/.exec(line)?.[1];
    if (name !== undefined) names.add(name).add(name.replace(/\d+$/, ''));
  }
  return declared;
}

/** Source → names that it exports. */
async function exportsOf(sources) {
  const { metafile } = await build({
    entryPoints: sources,
    outdir: '.',
    outbase: '.',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  return new Map(Object.values(metafile.outputs).map((output) => [output.entryPoint, output.exports]));
}

/** Source → names that main has, for all that cold modules can take from it. */
async function offers(main) {
  const { outputFiles } = await build({ ...main, write: false });
  const declared = declarations(outputFiles[0].text);
  const exported = await exportsOf([...declared.keys()]);
  const offered = new Map();
  for (const [source, names] of exported) {
    const has = names.filter((name) => declared.get(source).has(name));
    if (has.length > 0) offered.set(source, { has, lacks: names.filter((name) => !has.includes(name)) });
  }
  return offered;
}

/** A source that main has becomes a module of what is offered; the rest comes from the source itself. */
function takeFromMain(offered) {
  return {
    name: 'take-from-main',
    setup(build) {
      build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const source = relative('.', resolve(resolveDir, path));
        return offered.has(source) ? { path: source, namespace: 'main', sideEffects: false } : undefined;
      });
      build.onResolve({ filter: /./, namespace: 'main' }, ({ path }) => ({ path: resolve(path), sideEffects: false }));
      build.onLoad({ filter: /./, namespace: 'main' }, ({ path }) => {
        const { has, lacks } = offered.get(path);
        const taken = has.map((name) => `export const ${name} = /* @__PURE__ */ ${parameter}('${path}#${name}');`);
        if (lacks.length > 0) taken.push(`export { ${lacks.join(', ')} } from '${path}';`);
        return { contents: taken.join('\n'), resolveDir: '.' };
      });
    },
  };
}

/**
 * Bundles main and cold modules, by esbuild's options for each; what main exports as `shared`, the others have as `noci_shared`. Gives the text by the name, main's as "main".
 */
export async function bundleShared(main, cold) {
  const offered = await offers(main);
  const texts = {};
  for (const [name, options] of Object.entries(cold)) {
    const plugins = [takeFromMain(offered), ...(options.plugins ?? [])];
    const { outputFiles } = await build({ ...options, plugins, write: false });
    texts[name] = outputFiles[0].text;
  }
  const call = new RegExp(`(?:/\\* @__PURE__ \\*/ ?)?${parameter}\\("([^"]+)"\\)`, 'g');
  const taken = new Set(Object.values(texts).flatMap((text) => [...text.matchAll(call)].map(([, key]) => key)));
  const list = [...taken].sort();
  for (const name of Object.keys(texts))
    texts[name] = texts[name].replace(call, (_, key) => `${parameter}[${list.indexOf(key)}]`);

  const imports = list.map((key, i) => `import { ${key.split('#')[1]} as shared${i} } from './${key.split('#')[0]}';`);
  const contents = `export { main } from './${main.entryPoints[0]}';\n${imports.join('\n')}\nexport const shared = [${list.map((_, i) => `shared${i}`)}];`;
  const { entryPoints, ...options } = main;
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: '.' }, write: false });
  return { ...texts, main: outputFiles[0].text };
}
