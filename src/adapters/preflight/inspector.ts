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
}

export interface Inspected {
  readonly preflight: Preflight;
  /** What the other thread was at work, milliseconds. */
  readonly busyMs: number;
}

/** Memory that both threads see: to hand it over takes longer than to look at what is in it. */
const BUFFER_BYTES = 1_048_576;
/** Bytes that wait: a thread that is slower than the disk must not hold the build in memory. */
const MOST_BUFFERS = 16;
/** What the parsers may take; they hold little of a file. */
const HEAP_MIB = 256;
/** After the last byte; before, the thread keeps up or the reading waits for it. */
const FINISH_MS = 60_000;

/**
 * @param script What runs in the other thread: the bundle of `worker.ts`.
 * @param finishMs How long it may take after the last byte.
 */
export function startInspector(script: string, finishMs = FINISH_MS): Inspector {
  const worker = new Worker(script, {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    // What a build makes a parser print is no command of the runner.
    stdout: true,
    stderr: true,
  });
  worker.unref();
  const outbox = createOutbox(worker);
  let giveUp = (_why: string): void => {};
  const done = new Promise<Inspected>((resolve, reject) => {
    giveUp = (why) => {
      outbox.close();
      reject(unchecked(why));
    };
    worker.on('message', (message: FromInspector) => {
      if (message.kind === 'done') resolve(message);
      else outbox.emptied(message.buffer);
    });
    worker.on('error', (error) => giveUp(error instanceof Error ? error.message : String(error)));
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
    finish: async () => {
      outbox.finish();
      worker.ref();
      const timer = setTimeout(() => giveUp(`the check took longer than ${finishMs / 1000} s`), finishMs);
      try {
        return await done;
      } finally {
        clearTimeout(timer);
        await worker.terminate();
      }
    },
  };
}

function unchecked(why: string): ActionError {
  return new ActionError('content', `The build could not be checked before it is published: ${why}.`, {
    hint: 'Look for a file that is no web content and exclude it, or set preflight: off. Nothing was sent.',
  });
}

interface Filling {
  readonly buffer: SharedArrayBuffer;
  readonly parts: Part[];
  used: number;
}

/** Collects parts of files in buffers, and sends each that is full. */
function createOutbox(worker: Worker): Onlooker & {
  readonly emptied: (buffer: SharedArrayBuffer) => void;
  readonly post: (message: ToInspector) => void;
  readonly finish: () => void;
  readonly close: () => void;
} {
  const spare: SharedArrayBuffer[] = [];
  let filling: Filling | undefined;
  let begins: Part['begins'];
  let underway = 0;
  let closed = false;
  let wake: (() => void) | undefined;

  const post = (message: ToInspector): void => {
    if (!closed) worker.postMessage(message);
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
    },
    room: () => {
      if (closed || underway < MOST_BUFFERS) return undefined;
      return new Promise((resolve) => {
        wake = resolve;
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
    close: () => {
      closed = true;
      wake?.();
    },
  };
}
