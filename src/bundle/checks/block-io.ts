import type { LinuxBlockIO, LinuxResources, LinuxWeightDevice } from '../../oci/types.ts';
import { type Problem, problemIf } from '../problem.ts';

const place = '/linux/resources/blockIO';

/** The range of blkio.weight. cgroup-v1/blkio-controller.rst */
const least = 10;
const most = 1000;

/** 0 is "not set". */
function checkWeight(weight: number | undefined, where: string): Problem[] {
  const fits = !weight || (weight >= least && weight <= most);
  return problemIf(!fits, where, `must be from ${least} to ${most}, is ${weight}`);
}

function checkNumbers({ major, minor }: Pick<LinuxWeightDevice, 'major' | 'minor'>, where: string): Problem[] {
  return Object.entries({ major, minor }).flatMap(([name, value]) =>
    problemIf(value < 0, `${where}/${name}`, `must be the number of a device, is ${value}`),
  );
}

function checkWeightDevice(device: LinuxWeightDevice, index: number): Problem[] {
  const where = `${place}/weightDevice/${index}`;
  return [
    ...checkNumbers(device, where),
    ...checkWeight(device.weight, `${where}/weight`),
    ...checkWeight(device.leafWeight, `${where}/leafWeight`),
    ...problemIf(
      device.weight === undefined && device.leafWeight === undefined,
      where,
      'needs a weight or a leafWeight',
    ),
  ];
}

const throttles = [
  'throttleReadBpsDevice',
  'throttleWriteBpsDevice',
  'throttleReadIOPSDevice',
  'throttleWriteIOPSDevice',
] as const;

function checkThrottles(blockIO: LinuxBlockIO): Problem[] {
  return throttles.flatMap((name) =>
    (blockIO[name] ?? []).flatMap((device, index) => checkNumbers(device, `${place}/${name}/${index}`)),
  );
}

/** config-linux.md § Block IO */
export function checkBlockIO({ blockIO }: LinuxResources): Problem[] {
  if (blockIO === undefined) return [];
  return [
    ...checkWeight(blockIO.weight, `${place}/weight`),
    ...checkWeight(blockIO.leafWeight, `${place}/leafWeight`),
    ...(blockIO.weightDevice ?? []).flatMap(checkWeightDevice),
    ...checkThrottles(blockIO),
  ];
}
