import type { WebSocket } from "ws";

/** A WebSocket that has not closed by itself this long after it was asked to is cut. */
const GOODBYE_MILLISECONDS = 1_000;

/** Closes a WebSocket. What was on its way still goes before the close, for a second; what its client has not taken by then is dropped. */
export function closeWebSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), GOODBYE_MILLISECONDS).unref();
}
