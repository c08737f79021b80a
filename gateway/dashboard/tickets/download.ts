/** Gives the reader a text as a file, byte for byte. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([new TextEncoder().encode(text)], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by the time that anything else happens.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
