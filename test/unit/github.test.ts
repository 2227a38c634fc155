import { describe, expect, it } from 'vitest';
import { cidFromDigest, cidV0, RAW_CODEC } from '../../src/domain/cid.ts';
import { type ActiveDeployment, deployedIn } from '../../src/domain/github.ts';
import { cidNumber } from './account.ts';

const [A, B] = [cidNumber(1), cidNumber(2)];

function deployment(environment: string, ...texts: readonly string[]): ActiveDeployment {
  return { environment, texts };
}

describe('deployedIn', () => {
  it('finds the CID in the link or the payload of an active deployment', () => {
    const active = [
      deployment('staging', `https://${B}.ipfs.dweb.link/`, ''),
      deployment('production', '', JSON.stringify({ cid: A })),
    ];
    expect(deployedIn(active, A, 'acme/app')).toBe('production');
    expect(deployedIn(active, B, 'acme/app')).toBe('staging');
    expect(deployedIn(active, cidNumber(3), 'acme/app')).toBeUndefined();
    expect(deployedIn([], A, 'acme/app')).toBeUndefined();
  });

  it('finds it as version 0 too', () => {
    expect(deployedIn([deployment('production', `https://ipfs.io/ipfs/${cidV0(A)}/`)], A, 'acme/app')).toBe(
      'production',
    );
    const raw = cidFromDigest(RAW_CODEC, new Uint8Array(32).fill(1));
    expect(deployedIn([deployment('production', `ipfs://${raw}`)], raw, 'acme/app')).toBe('production');
  });

  it('does not take a CID in other letters for this one', () => {
    expect(deployedIn([deployment('production', (cidV0(A) ?? '').toLowerCase())], A, 'acme/app')).toBeUndefined();
    expect(deployedIn([deployment('production', '', 'null', '{}')], A, 'acme/app')).toBeUndefined();
  });

  it.each(['preview', 'Preview', 'previews', 'ipfs-preview', 'preview/pr-7', 'pr-7', 'PR 7', 'review', 'review-app'])(
    'leaves the environment %s to its pull request',
    (environment) => {
      expect(deployedIn([deployment(environment, A)], A, 'acme/app')).toBeUndefined();
    },
  );

  it.each(['production', 'Production', 'prod', 'github-pages', 'product', 'previewer', 'approved', 'staging', ''])(
    'counts the environment "%s"',
    (environment) => {
      expect(deployedIn([deployment('pr-7', A), deployment(environment, A)], A, 'acme/app')).toBe(environment);
    },
  );
});
