import { weakened } from '../../native/weakened.ts';
import { hasNamespace } from '../../plan/namespaces.ts';
import { type Check, type Problem, problemIf } from '../problem.ts';

/** dev_valid_name of the kernel, for ASCII. A new name may end in %d, for which the kernel puts a number. */
const valid = /^(?!\.{1,2}$)[!-$&-.0-9;-~]{1,15}$/;
const template = /^(?!\.{1,2}$)[!-$&-.0-9;-~]{0,13}%d$/;

const place = (name: string, ...more: string[]) => ['linux', 'netDevices', name, ...more];

function checkName(host: string, name: string): Problem[] {
  WEAKENED: if (weakened('S57')) return [];
  const wrong = (text: string) => `invalid network device name ${JSON.stringify(text)}`;
  return [
    ...problemIf(!valid.test(host), place(host), wrong(host)),
    ...problemIf(name !== '' && !valid.test(name) && !template.test(name), place(host, 'name'), wrong(name)),
  ];
}

/** config-linux.md § Network Devices. The words are runc's. */
export const checkNetDevices: Check = ({ linux = {} }) => {
  const devices = Object.entries(linux.netDevices ?? {}).map(([host, { name = '' }]) => ({ host, name }));
  if (devices.length === 0) return [];
  const names = devices.map(({ host, name }) => (name === '' ? host : name));
  const lonely = !hasNamespace(linux, 'network');
  return [
    ...problemIf(lonely, '/linux/netDevices', 'unable to move network devices without a NET namespace'),
    ...devices.flatMap(({ host, name }) => checkName(host, name)),
    ...devices.flatMap(({ host }, index) => {
      const name = names[index] ?? '';
      const twice = !name.endsWith('%d') && names.indexOf(name) < index;
      return problemIf(twice, place(host), `two network devices cannot both be ${JSON.stringify(name)}`);
    }),
  ];
};
