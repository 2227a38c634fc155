import { Worker } from 'node:worker_threads';
import { ActionError } from '../../domain/errors.ts';
import type { Assignment } from '../../domain/preflight/assignment.ts';
import type { Preflight } from '../../domain/preflight/finding.ts';
import type { Onlooker } from '../../ports.ts';
import type { FromInspector, Part, ToInspector } from './messages.ts';

/** Looks at a build beside the thread that reads and hashes it. */
export interface Inspector extends Onlooker {
  /** What to look for; comes before the first file. */
  assign(assignment: Assignment): void;
  /** After the last file: what was found. Throws an ActionError of kind `content` where the build could not be checked. */
  finish(): Promise<Inspected>;
  /** Nobody needs it any more. */
  stop(): void;
}

export interface InspectorOptions {
  /** How long the thread may take after the last byte, and without taking a byte. */
  readonly patienceMs?: number;
  readonly moreHeapMiB?: number;
}

export interface Inspected {
  readonly preflight: Preflight;
  /** What the other thread was at work, milliseconds. */
  readonly busyMs: number;
}

/** Memory that both threads see: to hand it over takes longer than to look at what is in it. */
const BUFFER_BYTES = 1_048_576;
/** Bytes that wait: a thread that is slower than the disk must not hold the build in memory. */
const MOST_BUFFERS = 64;
/** Files may be empty, and then never fill a buffer. */
const MOST_PARTS = 4096;
/** What the parsers may take; they hold little of a file. */
const HEAP_MIB = 256;
const PATIENCE_MS = 60_000;

/** @param script What runs in the other thread: the bundle of `worker.ts`. */
export function startInspector(
  script: string,
  { patienceMs = PATIENCE_MS, moreHeapMiB = 0 }: InspectorOptions = {},
): Inspector {
  const worker = new Worker(script, {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB + moreHeapMiB },
    // Its parsers need no keys.
    env: {},
    // What a build makes a parser print is no command of the runner.
    stdout: true,
    stderr: true,
  });
  worker.unref();
  let giveUp = (_why: string): void => {};
  const outbox = createOutbox(worker, {
    patienceMs,
    onStuck: () => giveUp(`the check stood still for ${patienceMs / 1000} s`),
  });
  const done = new Promise<Inspected>((resolve, reject) => {
    giveUp = (why) => {
      const error = unchecked(why);
      outbox.close(error);
      reject(error);
      void worker.terminate();
    };
    worker.on('message', (message: FromInspector) => {
      if (message.kind === 'done') resolve(message);
      else outbox.emptied(message.buffer);
    });
    worker.on('error', (error) => giveUp(reasonOf(error)));
    worker.on('exit', () => giveUp('the check ended early'));
  });
  // Until `finish` asks, nobody listens.
  done.catch(() => {});
  return {
    assign: (assignment) => outbox.post({ kind: 'assignment', assignment }),
    begin: outbox.begin,
    take: outbox.take,
    end: outbox.end,
    room: outbox.room,
    stop: () => void worker.terminate(),
    finish: async () => {
      outbox.finish();
      worker.ref();
      const timer = setTimeout(() => giveUp(`the check took longer than ${patienceMs / 1000} s`), patienceMs);
      try {
        return await done;
      } finally {
        clearTimeout(timer);
        await worker.terminate();
      }
    },
  };
}

/** Without the error's own words, which may be those of a file. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'the check ran out of memory';
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return 'a part of the action is missing';
  return `the check failed (${error instanceof Error ? error.name : 'error'})`;
}

function unchecked(why: string): ActionError {
  return new ActionError('content', `The build could not be checked before it is published: ${why}.`, {
    hint: 'Look for a file that is no web content and exclude it, or set preflight: off. Nothing was sent.',
    step: 'checking the files',
  });
}

interface Filling {
  readonly buffer: SharedArrayBuffer;
  readonly parts: Part[];
  used: number;
}

/** Collects parts of files in buffers, and sends each that is full. */
function createOutbox(
  worker: Worker,
  { patienceMs, onStuck }: { readonly patienceMs: number; readonly onStuck: () => void },
): Onlooker & {
  readonly emptied: (buffer: SharedArrayBuffer) => void;
  readonly post: (message: ToInspector) => void;
  readonly finish: () => void;
  /** From then on nothing is sent, and whoever waits or wants to go on hears why. */
  readonly close: (error: ActionError) => void;
} {
  const spare: SharedArrayBuffer[] = [];
  let filling: Filling | undefined;
  let begins: Part['begins'];
  let underway = 0;
  let closed: ActionError | undefined;
  let wake: (() => void) | undefined;

  const post = (message: ToInspector): void => {
    if (closed === undefined) worker.postMessage(message);
  };
  const fill = (): Filling => {
    filling ??= { buffer: spare.pop() ?? new SharedArrayBuffer(BUFFER_BYTES), parts: [], used: 0 };
    return filling;
  };
  const send = (): void => {
    if (filling === undefined) return;
    const { buffer, parts } = filling;
    filling = undefined;
    underway += 1;
    post({ kind: 'parts', buffer, parts });
  };

  return {
    post,
    begin: (file) => {
      begins = file;
    },
    take: (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const into = fill();
        const length = Math.min(bytes.length - at, BUFFER_BYTES - into.used);
        new Uint8Array(into.buffer, into.used, length).set(bytes.subarray(at, at + length));
        into.used += length;
        at += length;
        into.parts.push({ begins, length, ends: false });
        begins = undefined;
        if (into.used === BUFFER_BYTES) send();
      }
    },
    end: () => {
      const last = begins === undefined ? filling?.parts.pop() : undefined;
      fill().parts.push(last === undefined ? { begins, length: 0, ends: true } : { ...last, ends: true });
      begins = undefined;
      if (fill().parts.length >= MOST_PARTS) send();
    },
    room: () => {
      if (closed !== undefined) return Promise.reject(closed);
      if (underway < MOST_BUFFERS) return undefined;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(onStuck, patienceMs);
        wake = () => {
          clearTimeout(timer);
          if (closed === undefined) resolve();
          else reject(closed);
        };
      });
    },
    emptied: (buffer) => {
      underway -= 1;
      spare.push(buffer);
      wake?.();
    },
    finish: () => {
      send();
      post({ kind: 'finish' });
    },
    close: (error) => {
      closed ??= error;
      wake?.();
    },
  };
}
