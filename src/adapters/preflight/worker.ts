import { parentPort } from 'node:worker_threads';
import { assignedRules } from '../../domain/preflight/assignment.ts';
import { credentialForms } from '../../domain/preflight/credential.ts';
import { createInspection, type Inspection } from '../../domain/preflight/inspection.ts';
import type { FromInspector, Part, ToInspector } from './messages.ts';

/** Runs in a thread of its own: looks at what it is sent, and says at the end what it saw. */
let inspection: Inspection = createInspection([]);
let busyMs = 0;

function answer(message: FromInspector): void {
  parentPort?.postMessage(message);
}

function look({ begins, length, ends }: Part, bytes: Uint8Array): void {
  if (begins !== undefined) inspection.begin(begins);
  if (length > 0) inspection.take(bytes);
  if (ends) inspection.end();
}

async function take(message: ToInspector): Promise<void> {
  const began = performance.now();
  const rest = (): number => {
    busyMs += performance.now() - began;
    return busyMs;
  };
  switch (message.kind) {
    case 'assignment':
      inspection = createInspection(assignedRules(message.assignment), credentialForms(message.assignment.credentials));
      return;
    case 'parts': {
      let at = 0;
      for (const part of message.parts) {
        look(part, new Uint8Array(message.buffer, at, part.length));
        at += part.length;
      }
      rest();
      answer({ kind: 'emptied', buffer: message.buffer });
      return;
    }
    case 'finish':
      answer({ kind: 'done', preflight: await inspection.finish(), busyMs: rest() });
  }
}

parentPort?.on('message', (message: ToInspector) => {
  // What it throws ends the thread, and the other side hears of it.
  void take(message);
});
