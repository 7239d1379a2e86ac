// Node-API over QuickJS (addon/standalone/napi) does what that of Node.js does: the same scripts in both, line by line.
import t from 'tap';
import { addon } from '../host.ts';
import { buildProbe, differences, type Flavour, linesOfExecutable, linesOfNode } from './executable.ts';

interface Case {
  readonly name: string;
  readonly script: string;
  readonly flavour: Flavour;
  /** the table of exports in place of noci's own */
  readonly module?: string;
  /** what the script tells at least */
  readonly lines: number;
}

const folder = 'test/native/standalone';
const probe = { script: `./${folder}/probe-script.ts`, module: `${folder}/probe.cc`, lines: 5000 };
const noci = { script: `./${folder}/script.ts`, lines: 1000 };

const cases: readonly Case[] = [
  { name: 'each function of Node-API', flavour: 'static', ...probe },
  { name: "noci's own functions", flavour: 'static', ...noci },
  { name: 'each function of Node-API, with sanitizers', flavour: 'checked', ...probe },
  { name: "noci's own functions, with sanitizers", flavour: 'checked', ...noci },
];

for (const one of cases) {
  t.test(one.name, async (t) => {
    const executable = linesOfExecutable(one.script, one.flavour, one.module);
    if (executable === undefined) {
      t.plan(0, 'no sources of the engine here');
      return;
    }
    const node = linesOfNode(one.script, one.module === undefined ? addon : buildProbe());
    t.ok(node.length >= one.lines, `${node.length} lines`);
    t.strictSame(differences(node, executable, 20), []);
  });
}
