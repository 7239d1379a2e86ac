import type { LinuxBlockIO, LinuxResources, LinuxThrottleDevice, LinuxWeightDevice } from '../../oci/types.ts';
import * as limits from '../limits.ts';
import type { Controller, Setting } from './setting.ts';

/** Property → file of v1, key of io.max of v2. */
const throttles: readonly (readonly [keyof LinuxBlockIO, file: string, key: string])[] = [
  ['throttleReadBpsDevice', 'blkio.throttle.read_bps_device', 'rbps'],
  ['throttleWriteBpsDevice', 'blkio.throttle.write_bps_device', 'wbps'],
  ['throttleReadIOPSDevice', 'blkio.throttle.read_iops_device', 'riops'],
  ['throttleWriteIOPSDevice', 'blkio.throttle.write_iops_device', 'wiops'],
];

function throttleSettings(
  blockIO: LinuxBlockIO,
  write: (file: string, key: string, device: string, rate: limits.Integer) => Pick<Setting, 'file' | 'value'>,
): Setting[] {
  return throttles.flatMap(([name, file, key]) => {
    const devices = (blockIO[name] ?? []) as readonly LinuxThrottleDevice[];
    return devices.map(({ major, minor, rate = 0 }, index) => ({
      ...write(file, key, `${major}:${minor}`, rate),
      property: `blockIO/${name}/${index}`,
    }));
  });
}

function deviceWeight({ major, minor }: LinuxWeightDevice, weight: number | undefined): string | undefined {
  const value = limits.blkioWeight(weight);
  return value === undefined ? undefined : `${major}:${minor} ${value}`;
}

/** CFQ, which is gone since Linux 5.0, had leaf weights; BFQ has files of its own. cgroup-v1/blkio-controller.rst */
function version1({ blockIO = {} }: LinuxResources): Setting[] {
  const { weight, leafWeight, weightDevice = [] } = blockIO;
  const orBfq = (file: string, value: string | undefined) =>
    value === undefined ? {} : { otherwise: { file: file.replace('blkio.', 'blkio.bfq.'), value } };
  const own = limits.blkioWeight(weight);
  return [
    { file: 'blkio.weight', value: own, property: 'blockIO/weight', ...orBfq('blkio.weight', own) },
    { file: 'blkio.leaf_weight', value: limits.blkioWeight(leafWeight), property: 'blockIO/leafWeight' },
    ...weightDevice.flatMap((device, index): Setting[] => {
      const value = deviceWeight(device, device.weight);
      const leaf = deviceWeight(device, device.leafWeight);
      const property = `blockIO/weightDevice/${index}`;
      return [
        { file: 'blkio.weight_device', value, property: `${property}/weight`, ...orBfq('blkio.weight_device', value) },
        { file: 'blkio.leaf_weight_device', value: leaf, property: `${property}/leafWeight` },
      ];
    }),
    ...throttleSettings(blockIO, (file, _key, device, rate) => ({ file, value: `${device} ${rate}` })),
  ];
}

/**
 * BFQ takes a weight as it is; else it is for io.cost, in its range. Weights of single devices are BFQ's alone, and without it ignored.
 * One write to io.max is for one device. cgroup-v2.rst § IO
 */
function version2({ blockIO = {} }: LinuxResources): Setting[] {
  const { weight, weightDevice = [] } = blockIO;
  const value = limits.blkioWeight(weight);
  const ioWeight = limits.ioWeight(weight);
  return [
    {
      file: 'io.bfq.weight',
      value,
      property: 'blockIO/weight',
      ...(ioWeight === undefined ? {} : { otherwise: { file: 'io.weight', value: ioWeight } }),
    },
    ...weightDevice.map((device, index) => ({
      file: 'io.bfq.weight',
      value: deviceWeight(device, device.weight),
      property: `blockIO/weightDevice/${index}/weight`,
      optional: true,
    })),
    ...throttleSettings(blockIO, (_file, key, device, rate) => ({
      file: 'io.max',
      value: `${device} ${key}=${limits.ioRate(rate)}`,
    })),
  ];
}

/** config-linux.md § Block IO */
export const blockIO: Controller = {
  version1: { controller: 'blkio', settings: version1 },
  version2: { controller: 'io', settings: version2 },
};
