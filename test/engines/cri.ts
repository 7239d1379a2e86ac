// A client of the Container Runtime Interface: what a kubelet says to containerd.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import WebSocket from 'ws';
import { emulated } from '../integration/emulation.ts';
import type { Host } from './host.ts';

// biome-ignore lint/suspicious/noExplicitAny: messages of cri.proto
export type Message = any;

/** Keeps what both say, one level after the other. */
function merge(one: Message, other: Message): Message {
  if (typeof one !== 'object' || typeof other !== 'object' || Array.isArray(other) || Buffer.isBuffer(other))
    return other ?? one;
  const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  return Object.fromEntries([...keys].map((key) => [key, merge(one?.[key], other?.[key])]));
}

const patience = emulated ? 600_000 : 60_000;
const box = 'localhost/box:1';

let pods = 0;

export class Cri {
  readonly #client: Message;
  readonly #host: Host;

  /** The daemon listens at /run/shared/containerd.sock. */
  constructor(host: Host) {
    const definition = loadSync(new URL('cri.proto', import.meta.url).pathname, {
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
    });
    const { runtime } = loadPackageDefinition(definition) as Message;
    const address = `unix:${join(host.shared, 'containerd.sock')}`;
    this.#client = new runtime.v1.RuntimeService(address, credentials.createInsecure());
    this.#host = host;
  }

  close(): void {
    this.#client.close();
  }

  call(method: string, request: Message = {}): Promise<Message> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + patience;
      this.#client[method](request, { deadline }, (error: Error | null, answer: Message) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  }

  /** Runs a sandbox, on the host's network unless told otherwise; `runtime_handler` is the name of a runtime in the configuration. */
  async pod(change: Message = {}, runtime_handler = ''): Promise<Pod> {
    const name = `pod-${pods++}`;
    const config = merge(
      {
        metadata: { name, uid: name, namespace: 'default', attempt: 0 },
        log_directory: `/run/shared/${name}`,
        linux: { security_context: { namespace_options: { network: 'NODE', pid: 'CONTAINER' } } },
      },
      change,
    );
    const { pod_sandbox_id } = await this.call('RunPodSandbox', { config, runtime_handler });
    return new Pod(this, this.#host, pod_sandbox_id, config);
  }

  /** Stops and removes a sandbox with all its containers. */
  async removeSandbox(pod_sandbox_id: string): Promise<void> {
    await this.call('StopPodSandbox', { pod_sandbox_id });
    await this.call('RemovePodSandbox', { pod_sandbox_id });
  }

  /**
   * Speaks with a stream of Exec or Attach: the text of each channel when the other side has closed it. v4.channel.k8s.io: the first
   * byte of a message is its channel, 0 stdin, 1 stdout, 2 stderr, 3 the end, 4 the size of the terminal.
   */
  async stream(url: string, input: readonly (readonly [channel: number, text: string])[] = []): Promise<string[]> {
    const { hostname, port, pathname } = new URL(url);
    const relay = spawn('nsenter', ['-t', String(this.#host.pid), '--net', 'busybox', 'nc', hostname, port], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const socket = new WebSocket(`ws://${hostname}:${port}${pathname}`, 'v4.channel.k8s.io', {
      createConnection: () => Duplex.from({ writable: relay.stdin, readable: relay.stdout }) as Message,
    });
    const channels = ['', '', '', '', ''];
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`a stream does not end: ${channels}`)), patience);
        socket.on('open', () => {
          for (const [channel, text] of input) socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
        });
        socket.on('message', (data: Buffer) => {
          const channel = data[0] ?? 0;
          channels[channel] += data.subarray(1).toString();
        });
        socket.on('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.on('error', reject);
      });
    } finally {
      relay.kill();
    }
    return channels;
  }
}

export class Pod {
  readonly #containers: string[] = [];
  readonly #cri: Cri;
  readonly #host: Host;
  readonly id: string;
  readonly config: Message;

  constructor(cri: Cri, host: Host, id: string, config: Message) {
    this.#cri = cri;
    this.#host = host;
    this.id = id;
    this.config = config;
  }

  async create(command: readonly string[], change: Message = {}): Promise<string> {
    const name = `container-${this.#containers.length}`;
    const config = merge(
      {
        metadata: { name, attempt: 0 },
        image: { image: box },
        command,
        log_path: `${name}.log`,
        linux: this.#shared(),
      },
      change,
    );
    const { container_id } = await this.#cri.call('CreateContainer', {
      pod_sandbox_id: this.id,
      config,
      sandbox_config: this.config,
    });
    this.#containers.push(container_id);
    return container_id;
  }

  /** A container has the namespaces of its sandbox unless told otherwise. */
  #shared(): Message {
    return { security_context: { namespace_options: this.config.linux.security_context.namespace_options } };
  }

  async run(command: readonly string[], change: Message = {}): Promise<string> {
    const container_id = await this.create(command, change);
    await this.#cri.call('StartContainer', { container_id });
    return container_id;
  }

  async status(container_id: string): Promise<Message> {
    return (await this.#cri.call('ContainerStatus', { container_id })).status;
  }

  /** Waits for the end of a container. */
  async ended(id: string): Promise<Message> {
    for (let waited = 0; ; waited += 50) {
      const status = await this.status(id);
      if (status.state === 'CONTAINER_EXITED') return status;
      if (waited > patience) throw new Error('a container does not end');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What a container printed. Lines of the log are: time, stdout or stderr, F or P for a part, text. */
  log(id: string): string {
    const name = `container-${this.#containers.indexOf(id)}.log`;
    const path = join(this.#host.shared, this.config.log_directory.replace('/run/shared/', ''), name);
    if (!existsSync(path)) return '';
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => line.split(' ').slice(3).join(' ') + (line.split(' ')[2] === 'F' ? '\n' : '')).join('');
  }

  async exec(
    container_id: string,
    cmd: readonly string[],
    timeout = 30,
  ): Promise<{ stdout: string; exit_code: number }> {
    const { stdout, exit_code } = await this.#cri.call('ExecSync', { container_id, cmd, timeout });
    return { stdout: stdout.toString(), exit_code };
  }

  async remove(): Promise<void> {
    for (const container_id of this.#containers) {
      await this.#cri.call('StopContainer', { container_id, timeout: 0 }).catch(() => {});
      await this.#cri.call('RemoveContainer', { container_id });
    }
    await this.#cri.removeSandbox(this.id);
  }
}
