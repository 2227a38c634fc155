import { describe, expect, it } from 'vitest';
import { chooseBase, chooseBaseWithoutKey, type DiffBaseInput } from '../../src/domain/diff-base.ts';
import { type ActiveDeployment, deployedCid } from '../../src/domain/github.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const [A, B, C] = [cidNumber(1), cidNumber(2), cidNumber(3)];

function tagged(id: string, cid: typeof A, tags: Readonly<Record<string, string>>): ReturnType<typeof pinOf> {
  const own = Object.entries(tags).map(([tag, value]): [string, string] => [`${project.key}.${tag}`, value]);
  return pinOf(id, cid, { [project.key]: project.name, ...Object.fromEntries<string>(own) });
}

const pins = [
  tagged('1', A, { production: '5 1111111' }),
  tagged('2', B, { production: '9 2222222' }),
  tagged('3', C, { previews: '7@8' }),
];
const of = (...tags: string[]) => ({ pins, project, tags });

describe('a build is compared', () => {
  it('with what its first tag points to until now, and the commit of it', () => {
    expect(chooseBase({ kind: 'auto' }, of('production', 'v1'))).toEqual({
      kind: 'base',
      base: { cid: B, label: 'production', commit: '2222222' },
    });
    expect(chooseBase({ kind: 'auto' }, of('pr-7'))).toEqual({
      kind: 'base',
      base: { cid: C, label: 'pr-7', commit: undefined },
    });
  });

  it('with production when its tag is new', () => {
    expect(chooseBase({ kind: 'auto' }, of('pr-8'))).toMatchObject({ base: { cid: B, label: 'production' } });
  });

  it('with nothing on a first deploy', () => {
    expect(chooseBase({ kind: 'auto' }, { ...of('production'), pins: [] })).toEqual({
      kind: 'none',
      reason: 'this is the first deploy',
      first: true,
    });
  });

  it('with what was asked for', () => {
    expect(chooseBase({ kind: 'tag', ref: { tag: 'production', back: 1 } }, of('pr-8'))).toMatchObject({
      base: { cid: A, label: 'production~1', commit: '1111111' },
    });
    expect(chooseBase({ kind: 'tag', ref: { tag: 'beta', back: 0 } }, of('pr-8'))).toEqual({
      kind: 'none',
      reason: 'nothing has the tag beta',
    });
    expect(chooseBase({ kind: 'cid', cid: C }, of('pr-8'))).toMatchObject({ base: { cid: C, label: C } });
    expect(chooseBase({ kind: 'none' }, of('production'))).toMatchObject({ kind: 'none' });
  });

  it('without a commit where none was known', () => {
    const unknown = { pins: [tagged('1', A, { production: '5 0000000' })], project, tags: ['production'] };
    expect(chooseBase({ kind: 'auto' }, unknown)).toMatchObject({ base: { commit: undefined } });
  });
});

describe('without a key a build is compared', () => {
  const active = [
    { environment: 'ipfs-preview', texts: [`https://${C}.ipfs.dweb.link/`] },
    { environment: 'ipfs-production', texts: ['', `https://${B}.ipfs.dweb.link/`] },
    { environment: 'ipfs-production', texts: [`ipfs://${A}`] },
  ];

  it('with what the newest deployment of production names', () => {
    expect(chooseBaseWithoutKey({ kind: 'auto' }, { deployments: active, project: 'acme/app' })).toMatchObject({
      base: { cid: B, label: 'ipfs-production', commit: undefined },
    });
  });

  it('with a CID, whatever GitHub says', () => {
    expect(
      chooseBaseWithoutKey({ kind: 'cid', cid: C }, { deployments: 'GitHub did not say', project: 'acme/app' }),
    ).toMatchObject({ base: { cid: C } });
  });

  it('with nothing where nobody can say what is deployed', () => {
    const reason = (input: DiffBaseInput, deployments: readonly ActiveDeployment[] | string): string => {
      const choice = chooseBaseWithoutKey(input, { deployments, project: 'acme/app' });
      return choice.kind === 'none' ? choice.reason : `found ${choice.base.cid}`;
    };
    expect(reason({ kind: 'auto' }, [])).toContain('diff-base may be a CID');
    expect(reason({ kind: 'auto' }, 'there is no github-token')).toContain('there is no github-token');
    expect(reason({ kind: 'tag', ref: { tag: 'beta', back: 0 } }, active)).toContain('beta');
  });
});

describe('a deployment names a CID', () => {
  it('in either version, in a path, a subdomain or a payload', () => {
    const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
    const found = (text: string) => deployedCid([{ environment: 'production', texts: [text] }], 'acme/app')?.cid;
    expect(found(`https://gateway.example/ipfs/${v0}/index.html`)).toBe(
      'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
    );
    expect(found(`https://${A}.ipfs.dweb.link/`)).toBe(A);
    expect(found(`{"cid":"${A}"}`)).toBe(A);
  });

  it('of another site of the same repository for that site only', () => {
    const texts = [JSON.stringify({ tool: 'pinata-deploy', project: 'acme/app#docs', tag: 'production', cid: A })];
    const active = [{ environment: 'ipfs-production', texts }];
    expect(deployedCid(active, 'acme/app')).toBeUndefined();
    expect(deployedCid(active, 'acme/app#docs')?.cid).toBe(A);
  });

  it('only when it is of production, and one', () => {
    const of = (environment: string, text: string) => deployedCid([{ environment, texts: [text] }], 'acme/app');
    expect(of('github-pages', `ipfs://${A}`)).toBeUndefined();
    for (const name of ['production-preview', 'pre-production', 'non-production', 'my-production']) {
      expect(of(name, `ipfs://${A}`)).toBeUndefined();
    }
    expect(of('production', 'https://example.com/')).toBeUndefined();
    expect(of('production', `bafybeigarbage${'a'.repeat(60)}`)).toBeUndefined();
  });
});
