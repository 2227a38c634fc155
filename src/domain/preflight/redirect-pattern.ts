/** What a rule matches: segments between slashes, the first before the leading one. */
export interface RedirectPattern {
  readonly segments: readonly string[];
  /** Ends with `/*`. */
  readonly hasSplat: boolean;
}

/** A trailing slash means nothing; an asterisk that is no segment of its own stands for itself. */
export function patternOf(from: string): RedirectPattern {
  const segments = from.replace(/\/$/, '').split('/');
  const hasSplat = segments.at(-1) === '*';
  return { segments: hasSplat ? segments.slice(0, -1) : segments, hasSplat };
}

export function isExact({ segments, hasSplat }: RedirectPattern): boolean {
  return !hasSplat && !segments.some(isPlaceholder);
}

/** The placeholders that a target may use, without the colon. */
export function namesOf({ segments, hasSplat }: RedirectPattern): readonly string[] {
  const names = segments.filter(isPlaceholder).map((segment) => segment.slice(1));
  return hasSplat ? [...names, 'splat'] : names;
}

/** Whether everything that `narrow` matches is matched by `wide`. */
export function covers(wide: RedirectPattern, narrow: RedirectPattern): boolean {
  const [mine, other] = [wide.segments.length, narrow.segments.length];
  // A splat takes what comes after one more slash.
  const isLongEnough = wide.hasSplat ? other > mine || (other === mine && narrow.hasSplat) : other === mine;
  if (!isLongEnough || (narrow.hasSplat && !wide.hasSplat)) return false;
  return wide.segments.every((segment, index) => isPlaceholder(segment) || segment === narrow.segments[index]);
}

/** A path that the pattern matches, with the values of its placeholders. */
export function exampleOf(pattern: RedirectPattern): {
  readonly path: string;
  readonly values: ReadonlyMap<string, string>;
} {
  const values = new Map(namesOf(pattern).map((name) => [name, `~${name}~`]));
  const path = pattern.segments
    .map((segment) => (isPlaceholder(segment) ? `~${segment.slice(1)}~` : segment))
    .join('/');
  return { path: pattern.hasSplat ? `${path}/~splat~` : path, values };
}

function isPlaceholder(segment: string): boolean {
  return segment.startsWith(':');
}
