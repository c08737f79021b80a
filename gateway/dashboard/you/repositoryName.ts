/** The name of a repository, of which its address may have been pasted; the press judges the rest. */
export function repositoryOf(entered: string, host: string): string {
  const text = entered.trim();
  const address = URL.parse(text);
  if (address === null || address.host !== host) return text;
  return address.pathname.replace(/^\/|(\.git)?\/?$/g, "");
}
