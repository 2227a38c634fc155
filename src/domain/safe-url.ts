/** True for a URL without credentials, query and hash: https anywhere, and plain http on this machine only. */
export function isSafeUrl(raw: string): boolean {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || /[?#]/.test(raw)) return false;
  const loopback = /^(localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
}

/** The same text without what stands before the host of an address in it: a password may. */
export function withoutUserinfo(text: string): string {
  return text.replace(/:\/\/[^/?#\s"]*@/g, '://***@');
}
