import { limitsRoute } from './account.ts';
import { type Answer, envelope } from './answer.ts';
import type { Backend } from './backend.ts';
import { type Recorded, recordPin, storeParts } from './ingest.ts';
import { type Form, receiveForm } from './multipart.ts';
import type { Call, Route } from './route.ts';
import { renderExpiry } from './rows.ts';
import { checkSignedContent, signedFields, signUpload, useSigned } from './signed-uploads.ts';
import type { Tus } from './tus.ts';
import { parseUploadFields } from './upload-fields.ts';

const write = { scope: 'org:files:write' };
/** A resumable upload that was started, with a key or by a presigned URL. */
const begun = { path: '/v3/files/:id/:filename', needs: write, signature: 'accepted' } as const;

/** The routes of the upload host. */
export function uploadRoutes(tus: Tus): readonly Route[] {
  const upload: Route['answer'] = (call, backend) => (isResumable(call) ? tus.create(call) : uploadForm(call, backend));
  return [
    limitsRoute,
    { method: 'POST', path: '/v3/files', needs: write, uploads: true, answer: upload },
    { method: 'POST', path: '/v3/files/sign', needs: write, uploads: true, answer: signUpload },
    { method: 'POST', path: '/v3/files/:id', needs: 'nothing', signature: 'required', uploads: true, answer: upload },
    { ...begun, method: 'PATCH', uploads: true, answer: tus.append },
    { ...begun, method: 'HEAD', answer: tus.head },
  ];
}

function isResumable(call: Call): boolean {
  return call.headers['upload-length'] !== undefined || call.headers['tus-resumable'] !== undefined;
}

async function uploadForm(call: Call, backend: Backend): Promise<Answer> {
  const { scratch, knobs } = backend;
  const signedId = call.params.id ?? '';
  const form = await receiveForm(call.headers, call.body, { scratch, bodyBytes: knobs.multipartLimit });
  try {
    checkSignedContent(signedId, measureForm(form), backend);
    const fields = parseUploadFields(signedFields(signedId, backend) ?? form.fields, backend);
    const content = await storeParts(form.parts, fields, backend);
    const recorded = recordPin(content, fields, backend);
    useSigned(signedId, backend);
    return envelope(renderUpload(recorded, backend));
  } finally {
    await form.discard();
  }
}

function measureForm({ parts }: Form): { bytes: number; mimeType: string } {
  const bytes = parts.reduce((total, part) => total + part.bytes, 0);
  return { bytes, mimeType: parts.length > 1 ? 'directory' : (parts[0]?.mimeType ?? '') };
}

/** The row that an upload answers; it differs from a listed one in its time and extra fields. */
function renderUpload({ pin, isDuplicate }: Recorded, backend: Backend): Record<string, unknown> {
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
    ...renderExpiry(pin, backend),
    ...(isDuplicate ? { is_duplicate: true } : {}),
  };
}
