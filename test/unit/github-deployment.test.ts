import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  environmentOf,
  type GithubDeployment,
  ofTag,
  parsePayload,
  planDeployment,
  renderPayload,
} from '../../src/domain/github-deployment.ts';
import { cidNumber } from './account.ts';

const COMMIT = '4f2c9a1000000000000000000000000000000000';
const PAYLOAD = { project: 'acme/site', tag: 'pr-7', cid: cidNumber(1), commit: COMMIT };

function deployment(id: number, more: Partial<GithubDeployment['payload']> = {}): GithubDeployment {
  return { id, active: true, url: '', payload: { ...PAYLOAD, ...more } };
}

describe('a payload', () => {
  const text = JSON.stringify(renderPayload(PAYLOAD));

  it.each<[string, unknown]>([
    ['an object', renderPayload(PAYLOAD)],
    ['JSON', text],
    ['JSON in JSON', JSON.stringify(text)],
  ])('is read from %s', (_title, value) => {
    expect(parsePayload(value)).toEqual(PAYLOAD);
  });

  it('is read back as it was written', () => {
    const payloads = fc.record({
      project: fc.string(),
      tag: fc.string(),
      cid: fc.integer({ min: 0, max: 255 }).map(cidNumber),
      commit: fc.stringMatching(/^[0-9a-f]{40}$/),
    });
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(parsePayload(JSON.stringify(renderPayload(payload)))).toEqual(payload);
      }),
    );
  });

  it('of an older schema has no commit', () => {
    const { commit, ...rest } = renderPayload(PAYLOAD);
    expect(commit).toBe(COMMIT);
    expect(parsePayload(rest)).toEqual({ ...PAYLOAD, commit: '' });
  });

  it.each<[string, unknown]>([
    ['another tool', { ...renderPayload(PAYLOAD), tool: 'vercel' }],
    ['no tool', PAYLOAD],
    ['no CID', { ...renderPayload(PAYLOAD), cid: 'bafynothing' }],
    ['no project', { ...renderPayload(PAYLOAD), project: 7 }],
    ['no tag', { ...renderPayload(PAYLOAD), tag: null }],
    ['a plain text', 'pinata-deploy'],
    ['broken JSON', text.slice(0, -1)],
    ['a list', [renderPayload(PAYLOAD)]],
    ['null', null],
    ['null as JSON', 'null'],
    ['nothing', undefined],
    ['an empty text', ''],
  ])('is foreign with %s', (_title, value) => {
    expect(parsePayload(value)).toBeUndefined();
  });

  it('of any shape is read without a fault', () => {
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), fc.json()), (value) => parsePayload(value) === undefined));
  });
});

describe('an environment', () => {
  it.each([
    ['production', { environment: 'ipfs-production', transient: false, production: true }],
    ['pr-7', { environment: 'ipfs-preview', transient: true, production: false }],
    ['branch-next', undefined],
    ['v1.2.3', undefined],
    ['pr-x', undefined],
    ['preproduction', undefined],
  ])('follows from the tag %s', (tag, expected) => {
    expect(environmentOf(tag)).toEqual(expected);
  });
});

describe('planDeployment', () => {
  it('finds none at first', () => {
    expect(planDeployment([], PAYLOAD)).toEqual({ present: undefined, over: [] });
  });

  it('keeps the one of the same commit and content, and ends what came before', () => {
    const [same, older] = [deployment(9), deployment(8, { cid: cidNumber(2) })];
    expect(planDeployment([same, older], PAYLOAD)).toEqual({ present: same, over: [older] });
  });

  it('keeps one of two that are the same', () => {
    const [newer, older] = [deployment(9), deployment(8)];
    expect(planDeployment([newer, older], PAYLOAD)).toEqual({ present: newer, over: [older] });
  });

  it.each<[string, GithubDeployment]>([
    ['commit', deployment(9, { commit: 'f'.repeat(40) })],
    ['content', deployment(9, { cid: cidNumber(2) })],
  ])('replaces one of another %s', (_title, before) => {
    expect(planDeployment([before], PAYLOAD)).toEqual({ present: undefined, over: [before] });
  });

  it('makes a new one when an older content comes back', () => {
    const [newer, older] = [deployment(9, { cid: cidNumber(2) }), deployment(8)];
    expect(planDeployment([newer, older], PAYLOAD)).toEqual({ present: undefined, over: [newer, older] });
  });

  it('leaves other projects and other tags alone', () => {
    const others = [deployment(9, { project: 'acme/site#docs' }), deployment(8, { tag: 'pr-77' })];
    expect(planDeployment(others, PAYLOAD)).toEqual({ present: undefined, over: [] });
    expect(ofTag(others, PAYLOAD)).toEqual([]);
  });
});
