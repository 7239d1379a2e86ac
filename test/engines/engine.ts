// The life of each engine: configured by the file that the documentation shows, and what a private and small machine needs on top.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, tree } from './host.ts';
import { makeArchive } from './image.ts';

const folders = ['/usr/sbin', '/usr/bin'];

/** Why an engine cannot be tested: one of its programs is not installed. */
export function missing(...programs: string[]): string | false {
  if (process.getuid?.() !== 0) return 'root is needed';
  const [absent] = programs.filter((program) => !folders.some((folder) => existsSync(join(tree, folder, program))));
  return absent !== undefined && `needs ${absent}: sh build/set-up.sh engines`;
}

/** Waits until a daemon answers a command; what it said, when it does not. */
function waitFor(host: Host, daemon: string, command: string): void {
  const patience = 180;
  const { status } = host.run(
    `end=$(($(date +%s) + ${patience})); until timeout 20 ${command} >/dev/null 2>&1; do [ $(date +%s) -lt $end ]; sleep 0.1; done`,
    (patience + 30) * 1000,
  );
  if (status !== 0)
    throw new Error(`${daemon} does not answer: ${readFileSync(join(host.shared, `${daemon}.log`), 'utf8')}`);
}

const documented = (file: string) => readFileSync(new URL(`../../docs/install/${file}`, import.meta.url), 'utf8');

const loadArchive = (host: Host) => makeArchive(join(host.shared, 'image.tar'));

const box = 'localhost/box:1';

/** Starts a dockerd that has been configured. */
export function startDockerAgain(host: Host): void {
  host.start('dockerd', 'dockerd');
  waitFor(host, 'dockerd', 'docker version');
}

/** Starts dockerd; `settings` are more of daemon.json. */
export function startDocker(host: Host, settings: Readonly<Record<string, unknown>> = {}): void {
  loadArchive(host);
  const configuration = {
    ...JSON.parse(documented('daemon.json')),
    'live-restore': true,
    'shutdown-timeout': 5,
    ...settings,
  };
  host.write('/etc/docker/daemon.json', JSON.stringify(configuration));
  startDockerAgain(host);
  // the first container makes folders that stay
  host.told(`docker load -q -i image.tar; docker run --rm ${box} true`);
}

/** Starts containerd for its client ctr, which names the runtime itself. */
export function startContainerd(host: Host): void {
  loadArchive(host);
  host.write('/etc/containerd/config.toml', 'version = 2\n');
  host.start('containerd', 'containerd');
  waitFor(host, 'containerd', 'ctr version');
  host.told('ctr image import image.tar');
}

/**
 * Images from here, a machine without systemd, AppArmor and CAP_SYS_RESOURCE, a socket that both sides reach, Debian's folder of plugins.
 * The names are those of the version that the documented file begins with.
 */
function pluginSettings(host: Host): string {
  const major = /\sv?([12])\.\d+\.\d+/.exec(host.told('containerd --version'))?.[1];
  const [runtimes, image, folder] =
    major === '1'
      ? ['io.containerd.grpc.v1.cri', 'sandbox_image = "localhost/pause:1"', 'bin_dir = "/usr/lib/cni"']
      : ['io.containerd.cri.v1.runtime', '', 'bin_dirs = ["/usr/lib/cni"]'];
  return `${documented(`containerd-${major}.toml`).replace('SystemdCgroup = true', 'SystemdCgroup = false')}
[grpc]
address = "/run/shared/containerd.sock"

[plugins."${runtimes}"]
${image}
disable_apparmor = true
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "localhost/pause:1"

[plugins."${runtimes}".containerd.runtimes.elsewhere]
runtime_type = "io.containerd.runc.v2"

[plugins."${runtimes}".containerd.runtimes.elsewhere.options]
BinaryName = "/usr/bin/noci"
Root = "/run/elsewhere"

[plugins."${runtimes}".cni]
${folder}
`;
}

const network = JSON.stringify({
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: '/run/cni',
        ranges: [[{ subnet: '10.77.0.0/24' }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

/** Starts a containerd that has been configured for the client of ./cri.ts. */
export function startCriAgain(host: Host): void {
  host.start('containerd', 'containerd');
  waitFor(host, 'containerd', 'ctr -a /run/shared/containerd.sock version');
}

/** Starts containerd for the client of ./cri.ts. */
export function startCri(host: Host): void {
  loadArchive(host);
  host.write('/etc/containerd/config.toml', pluginSettings(host));
  host.write('/etc/cni/net.d/10-pods.conflist', network);
  startCriAgain(host);
  host.told('ctr -a /run/shared/containerd.sock -n k8s.io image import image.tar');
}

/** Without systemd, with limits that a machine without CAP_SYS_RESOURCE can give, pods with an image from here. containers.conf(5) */
const podmanSettings = `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
infra_image = "localhost/pause:1"
[network]
network_backend = "netavark"
`;

export function configurePodman(host: Host): void {
  loadArchive(host);
  host.write('/etc/containers/containers.conf', documented('containers.conf'));
  host.write('/etc/containers/containers.conf.d/here.conf', podmanSettings);
}

/** Podman has no daemon: it is ready when it has its images. */
export function startPodman(host: Host): void {
  configurePodman(host);
  // the first container makes folders that stay, the first bridge rules
  host.told(`podman load -q -i image.tar; podman run --rm --network none ${box} true; podman run --rm ${box} true`);
}
