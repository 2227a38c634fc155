import { type Answer, answerData } from './answer.ts';
import type { Backend } from './backend.ts';
import { type Recorded, recordPin, storeParts } from './ingest.ts';
import { receiveForm } from './multipart.ts';
import type { Call, Route } from './router.ts';
import type { Tus } from './tus.ts';
import { parseUploadFields } from './upload-fields.ts';

const write = { scope: 'org:files:write' };

/** The routes of the upload host. */
export function uploadRoutes(tus: Tus): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v3/files',
      needs: write,
      uploads: true,
      answer: (call, backend) => (isResumable(call) ? tus.create(call) : uploadForm(call, backend)),
    },
    { method: 'PATCH', path: '/v3/files/:id/:filename', needs: write, uploads: true, answer: tus.append },
    { method: 'HEAD', path: '/v3/files/:id/:filename', needs: write, answer: tus.head },
  ];
}

function isResumable(call: Call): boolean {
  return call.headers['upload-length'] !== undefined || call.headers['tus-resumable'] !== undefined;
}

async function uploadForm(call: Call, backend: Backend): Promise<Answer> {
  const { scratch, knobs } = backend;
  const form = await receiveForm(call.headers, call.body, { scratch, bodyBytes: knobs.multipartLimit });
  try {
    const fields = parseUploadFields(form.fields, backend);
    const content = await storeParts(form.parts, fields, backend);
    return answerData(renderUpload(recordPin(content, fields, backend)));
  } finally {
    await form.discard();
  }
}

/** The row that an upload answers; it differs from a listed one in its time and extra fields. */
export function renderUpload({ pin, isDuplicate }: Recorded): Record<string, unknown> {
  return {
    id: pin.id,
    user_id: '00000000-0000-4000-8000-000000000001',
    group_id: pin.groupId,
    name: pin.name,
    cid: pin.cid,
    created_at: new Date(pin.createdAt).toISOString(),
    size: pin.size,
    number_of_files: pin.numberOfFiles,
    mime_type: pin.mimeType,
    keyvalues: pin.keyvalues,
    vectorized: false,
    network: pin.network,
    ...(isDuplicate ? { is_duplicate: true } : {}),
  };
}
