import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import type { GithubRelease } from './github-records.ts';
import { apiOf, nodeId, renderTime, renderTimeOrNull, renderUser } from './github-render.ts';
import { checkLength, invalid, notFound, type RestCall, type RestRoute } from './github-rest-route.ts';
import { checkShape } from './json-body.ts';

const releases = '/repos/{owner}/{repo}/releases';
const needs = ['contents'] as const;

export const releaseRoutes: readonly RestRoute[] = [
  {
    operation: `GET ${releases}/tags/{tag}`,
    needs,
    answer: (call, backend) => {
      const { tag } = call.parameters;
      // A draft has no tag yet, whatever it will be called.
      const release = releasesOf(call, backend).find((row) => row.tag === tag && !row.draft);
      if (release === undefined) throw notFound();
      return json(200, renderRelease(release, call));
    },
  },
  {
    operation: `GET ${releases}/{release_id}`,
    needs,
    answer: (call, backend) => json(200, renderRelease(releaseIn(call, backend), call)),
  },
  { operation: `PATCH ${releases}/{release_id}`, needs, answer: changeRelease },
];

function releasesOf({ repository }: RestCall, backend: Backend): readonly GithubRelease[] {
  return backend.store.github.releases.all().filter((row) => row.repository === repository.id);
}

/** Drafts are for those who may write. */
function releaseIn(call: RestCall, backend: Backend): GithubRelease {
  const id = Number(call.parameters.release_id);
  const release = releasesOf(call, backend).find(({ databaseId }) => databaseId === id);
  if (release === undefined || (release.draft && call.token.contents !== 'write')) throw notFound();
  return release;
}

const requestSchema = v.object({
  tag_name: v.optional(v.string()),
  target_commitish: v.optional(v.string()),
  name: v.optional(v.string()),
  body: v.optional(v.string()),
  draft: v.optional(v.boolean()),
  prerelease: v.optional(v.boolean()),
});

const mostCharacters = 125_000;

function changeRelease(call: RestCall, backend: Backend): Answer {
  const before = releaseIn(call, backend);
  const given = checkShape(requestSchema, call.body);
  checkLength(given.body, mostCharacters, { resource: 'Release', field: 'body', code: 'custom' });
  const tag = given.tag_name ?? before.tag;
  const isTaken = releasesOf(call, backend).some((row) => row.tag === tag && row.id !== before.id);
  if (isTaken) throw invalid({ resource: 'Release', field: 'tag_name', code: 'already_exists' });
  const draft = given.draft ?? before.draft;
  const nowMs = backend.clock.now().getTime();
  const release: GithubRelease = {
    ...before,
    tag,
    target: given.target_commitish ?? before.target,
    name: given.name ?? before.name,
    body: given.body ?? before.body,
    draft,
    prerelease: given.prerelease ?? before.prerelease,
    publishedAt: draft ? null : (before.publishedAt ?? nowMs),
    updatedAt: nowMs,
  };
  backend.store.github.releases.put(release);
  return json(200, renderRelease(release, call));
}

function renderRelease(release: GithubRelease, { repository, links }: RestCall): object {
  const { databaseId, tag, target, name, body, draft, prerelease, author } = release;
  const api = `${apiOf(repository, links)}/releases/${databaseId}`;
  const pages = `${links.html}/${repository.nameWithOwner}`;
  return {
    url: api,
    html_url: `${pages}/releases/tag/${encodeURIComponent(tag)}`,
    assets_url: `${api}/assets`,
    upload_url: `${api}/assets{?name,label}`,
    tarball_url: draft ? null : `${apiOf(repository, links)}/tarball/${tag}`,
    zipball_url: draft ? null : `${apiOf(repository, links)}/zipball/${tag}`,
    id: databaseId,
    node_id: nodeId('RE', databaseId),
    tag_name: tag,
    target_commitish: target,
    name,
    body: body ?? '',
    draft,
    prerelease,
    immutable: false,
    created_at: renderTime(release.createdAt),
    published_at: renderTimeOrNull(release.publishedAt),
    updated_at: renderTime(release.updatedAt),
    author: renderUser(author, links),
    assets: [],
  };
}
