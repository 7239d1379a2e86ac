import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { nearest } from '../../../../src/bundle/review/nearest.ts';
import { regrets } from '../../../../src/bundle/review/regrets.ts';
import type { Remark } from '../../../../src/bundle/review/remark.ts';
import { reviewConfig } from '../../../../src/bundle/review/review.ts';
import { spansOf } from '../../../../src/bundle/review/spans.ts';
import { verdict } from '../../../../src/bundle/review/verdict.ts';
import { exampleConfig } from '../../../../src/oci/example.ts';
import { CAPABILITIES } from '../../../../src/plan/capabilities.ts';

// biome-ignore lint/suspicious/noExplicitAny: a config under construction has any shape, wrong ones too
type Draft = any;

const facts = { cgroup: { mode: 'v2', hierarchies: [] } } as Draft;

const review = (text: string): Remark[] => reviewConfig(text, JSON.parse(text), facts);

/** A config about which there is nothing to say. */
function sound(): Draft {
  const example: Draft = structuredClone(
    exampleConfig({ rootless: false, euid: 0, egid: 0, unifiedCgroup: true } as const),
  );
  example.linux.seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['read', 'execve'], action: 'SCMP_ACT_ALLOW' }],
  };
  return example;
}

function rulesOf(change: (config: Draft) => void): string[] {
  const config = sound();
  change(config);
  return review(JSON.stringify(config)).map(({ severity, rule, pointer }) => `${severity} ${rule} ${pointer}`);
}

t.test('a sound config', async (t) => {
  t.strictSame(
    rulesOf(() => {}),
    [],
  );
});

/** One thing that is to be remarked: its change, and the one remark. */
const remarks: readonly (readonly [change: (config: Draft) => void, remark: string])[] = [
  [(c) => (c.process.cwd = 'tmp'), 'error invalid /process/cwd'],
  [(c) => delete c.root.path, 'error invalid /root/path'],
  [(c) => (c.hostnme = 'x'), 'warning unknown-property /hostnme'],
  [(c) => (c.mounts[0].option = []), 'warning unknown-property /mounts/0/option'],
  [(c) => (c.linux.seccomp = {}), 'warning no-seccomp /linux/seccomp'],
  [
    (c) => (c.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW' }),
    'warning seccomp-allows-all /linux/seccomp/defaultAction',
  ],
  [
    (c) => (c.linux.seccomp.syscalls[0].names[0] = 'raed'),
    'warning unknown-system-call /linux/seccomp/syscalls/0/names/0',
  ],
  [(c) => (c.process.capabilities.bounding = CAPABILITIES), 'warning all-capabilities /process/capabilities/bounding'],
  [
    (c) => (c.process.capabilities.bounding = [...c.process.capabilities.bounding, 'CAP_SYS_ADMIN']),
    'warning host-administrator /process/capabilities/bounding/3',
  ],
  [
    (c) => (c.process.capabilities.bounding = ['CAP_KIL', ...c.process.capabilities.bounding]),
    'warning unknown-capability /process/capabilities/bounding/0',
  ],
  [
    (c) => (c.process.capabilities.effective = [...c.process.capabilities.effective, 'CAP_CHOWN']),
    'error effective-not-permitted /process/capabilities/effective/3',
  ],
  [
    (c) => (c.process.capabilities.permitted = [...c.process.capabilities.permitted, 'CAP_CHOWN']),
    'warning permitted-not-bounding /process/capabilities/permitted/3',
  ],
  [
    (c) => (c.process.capabilities.inheritable = ['CAP_CHOWN']),
    'warning inheritable-not-bounding /process/capabilities/inheritable/0',
  ],
  [
    (c) => (c.process.capabilities.ambient = ['CAP_KILL']),
    'warning ambient-not-inheritable /process/capabilities/ambient/0',
  ],
  [(c) => (c.linux.resources.memory = { limit: 4096 }), 'warning memory-too-small /linux/resources/memory/limit'],
  [
    (c) => (c.linux.resources.memory = { limit: 1 << 26, reservation: 1 << 27 }),
    'warning reservation-above-limit /linux/resources/memory/reservation',
  ],
  [(c) => (c.linux.resources.memory = { kernel: 1 << 27 }), 'warning ignored /linux/resources/memory/kernel'],
  [(c) => (c.process.oomScoreAdj = -1000), 'warning unkillable /process/oomScoreAdj'],
  [(c) => (c.linux.resources.pids = { limit: 1 }), 'warning too-few-processes /linux/resources/pids/limit'],
  [
    (c) => c.linux.resources.devices.push({ allow: true, access: 'rwm' }),
    'warning all-devices /linux/resources/devices/1',
  ],
  [
    (c) => c.mounts.push({ destination: '/host', type: 'bind', source: '/', options: ['rbind'] }),
    'warning host-path /mounts/7/source',
  ],
  [
    (c) => c.mounts.push({ destination: '/s', type: 'bind', source: '/run/docker.sock', options: ['bind', 'ro'] }),
    'warning engine-socket /mounts/7/source',
  ],
  [(c) => c.mounts.push({ destination: '/dev/', type: 'tmpfs', source: 'x' }), 'warning mount-covered /mounts/1'],
  [(c) => (c.mounts[1].options[0] = 'nosiud'), 'warning misspelt-option /mounts/1/options/0'],
  [(c) => c.mounts.shift(), 'warning no-proc /mounts'],
  [(c) => delete c.linux.maskedPaths, 'warning no-masked-paths /linux/maskedPaths'],
  [(c) => (c.linux.rootfsPropagation = 'rshared'), 'warning shared-propagation /linux/rootfsPropagation'],
  [
    (c) => {
      c.linux.namespaces.push({ type: 'user' });
      c.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }];
      c.linux.gidMappings = [{ containerID: 0, hostID: 7, size: 1 }];
    },
    'warning root-mapped-to-root /linux/uidMappings/0',
  ],
  [(c) => (c.process.env = ['TERM=x']), 'warning no-path /process/args/0'],
  [(c) => c.process.env.push('TERM=x'), 'warning variable-twice /process/env/1'],
  [
    (c) => {
      c.process.terminal = false;
      c.process.consoleSize = { height: 1, width: 1 };
    },
    'warning no-terminal /process/consoleSize',
  ],
  [(c) => (c.hooks = { prestart: [{ path: '/bin/true' }] }), 'warning deprecated-hook /hooks/prestart'],
  [(c) => (c.process.commandLine = 'x'), 'warning other-platform /process/commandLine'],
];

t.test('each remark alone, at its place', async (t) => {
  for (const [change, remark] of remarks) {
    const found = rulesOf(change);
    t.ok(found.includes(remark), `${remark} in ${found}`);
  }
  for (const type of ['pid', 'network', 'ipc', 'uts', 'mount'])
    t.ok(
      rulesOf((c) => {
        c.linux.namespaces = c.linux.namespaces.filter((one: Draft) => one.type !== type);
      }).some((found) => found === `warning host-${type}-namespace /linux/namespaces`),
      type,
    );
});

t.test('every row of the table is tried here, or is one of a family', async (t) => {
  const tried = remarks.map(([, remark]) => remark.split(' ')[1]);
  const rest = regrets
    .map(({ rule }) => rule)
    .filter((rule) => !tried.includes(rule) && !/^host-\w+-namespace$/.test(rule));
  // these need more than one change: their neighbours have the same code
  t.strictSame([...new Set(rest)], ['ambient-not-permitted', 'no-oom-killer']);
});

t.test('a config of the wrong shape everywhere is told in errors, and never stumbled over', async (t) => {
  for (const property of Object.keys(sound()))
    for (const wrong of [null, 7, 'x', [], [null], [[]], {}, { a: null }, true]) {
      const config = { ...sound(), [property]: wrong };
      t.doesNotThrow(() => review(JSON.stringify(config)), `${property} ${JSON.stringify(wrong)}`);
    }
  for (const property of Object.keys(sound().linux))
    for (const wrong of [null, 7, 'x', [null], { a: null }, { memory: null, syscalls: [null] }])
      t.doesNotThrow(() => review(JSON.stringify({ ...sound(), linux: { ...sound().linux, [property]: wrong } })));
  t.match(review('[]'), [{ severity: 'error', pointer: '', line: 1, column: 1 }]);
});

t.test('columns count characters', async (t) => {
  const text = '{"ociVersion": "1.0.0", "é𝄞": 1,\r\n\t"hostname": 7}';
  t.match(
    review(text).filter(({ pointer }) => ['/é𝄞', '/hostname'].includes(pointer)),
    [
      { line: 1, column: 25, length: 4, rule: 'unknown-property', found: '1' },
      { line: 2, column: 14, length: 1, rule: 'invalid', found: '7' },
    ],
  );
});

t.test('every value has its place', async (t) => {
  const text = ' {"a~/b": [1, "x\\"]", {"": true}], "\\u0061": null, "e": {}, "f": [] }\n';
  const at = (pointer: string) => {
    const { name, value } = spansOf(text).get(pointer) ?? {};
    return [name && text.slice(name.start, name.end), value && text.slice(value.start, value.end)];
  };
  t.strictSame(at('/a~0~1b/0'), [undefined, '1']);
  t.strictSame(at('/a~0~1b/1'), [undefined, '"x\\"]"']);
  t.strictSame(at('/a~0~1b/2/'), ['""', 'true']);
  t.strictSame(at('/a'), ['"\\u0061"', 'null']);
  t.strictSame(at('/e'), ['"e"', '{}']);
  t.strictSame(at('/f'), ['"f"', '[]']);
  t.equal(at('')[1], text.trim());
});

t.test('what was probably meant', async (t) => {
  const words = ['hostname', 'domainname', 'RLIMIT_NOFILE', 'CAP_SYS_ADMIN', 'pid', 'network', 'ro', 'rw'];
  for (const [word, meant] of [
    ['hostnme', 'hostname'],
    ['hsotname', 'hostname'],
    ['Hostname', 'hostname'],
    ['host-name', 'hostname'],
    ['nofile', 'RLIMIT_NOFILE'],
    ['sys_admin', 'CAP_SYS_ADMIN'],
    ['netwrok', 'network'],
    ['rx', ''],
    ['something', ''],
    ['', ''],
    ['x'.repeat(1000), ''],
  ] as const)
    t.equal(nearest(word, words), meant, word);
  const [remark] = review('{"ociVersion":"1.0.0","capabilities":{}}').filter(({ rule }) => rule === 'unknown-property');
  t.match(remark?.message, /it belongs to \/process$/);
});

t.test('text for people: one line long or short, nothing that a terminal obeys', async (t) => {
  const visible = (text: string) => text.replaceAll('\u001b', '\\x1b');
  const text = JSON.stringify({ ...sound(), 'evil\u001b[31m': 1, anotations: {} });
  const printed = verdict('config.json', text, review(text), visible);
  t.notOk(printed.includes('\u001b'), 'nothing that a terminal obeys');
  for (const line of printed.split('\n')) if (/^ +(\d+)? \|/.test(line)) t.ok(line.length <= 100, line);
  t.match(printed, /config\.json:1:\d+: warning: property "anotations" is unknown and ignored \(\/anotations\)/);
  const lines = printed.split('\n');
  const mark = lines.findIndex((line) => line.includes('^'));
  t.equal(lines[mark]?.indexOf('^'), lines[mark - 1]?.search(/"evil/), 'the mark is below what it is about');
  t.match(printed, /= did you mean "annotations"\?\n/);
  t.match(printed, /config\.json: 2 warnings\n$/);
  const fine = JSON.stringify(sound());
  t.equal(verdict('c', fine, review(fine), visible), 'c: nothing to complain about\n');
});

const folder = new URL('../../../../../shared/engine-configs/', import.meta.url).pathname;
const skip = existsSync(folder) ? false : `no folder ${folder}`;

t.test('what engines write has no error, and no property that nobody knows', { skip }, async (t) => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  t.ok(names.length > 100);
  for (const name of names) {
    const wrong = review(readFileSync(folder + name, 'utf8')).filter(
      ({ severity, rule }) => severity === 'error' || /^(unknown|misspelt)/.test(rule),
    );
    t.strictSame(wrong, [], name);
  }
});
