import { useEffect, useRef, useState } from "react";
import { Notice } from "../parts/Notice.tsx";
import { makeDetector } from "./qrDetector.ts";

const LOOK_MILLISECONDS = 120;

/** Looks through the camera until it sees a QR code. */
export function Scanner({
  onFound,
  onClose,
}: {
  readonly onFound: (text: string) => void;
  readonly onClose: () => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const found = useRef(onFound);
  found.current = onFound;
  useEffect(() => {
    let isOver = false;
    let stream: MediaStream | undefined;
    const look = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const element = video.current;
      if (isOver || element === null) return stop(stream);
      element.srcObject = stream;
      await element.play();
      const detect = await makeDetector();
      while (!isOver) {
        const text = await detect(element);
        if (isOver) return;
        if (text !== null) return found.current(text);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
      }
    };
    look().catch((error: Error) => {
      if (!isOver) setFailure(reasonOf(error));
    });
    return () => {
      isOver = true;
      if (stream !== undefined) stop(stream);
    };
  }, []);
  return (
    <div className="scanner">
      {failure === null ? (
        <video ref={video} muted playsInline aria-label="What the camera sees" />
      ) : (
        <Notice tone="error">{failure}</Notice>
      )}
      <button type="button" className="button" onClick={onClose}>
        Stop the camera
      </button>
    </div>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function reasonOf({ name }: Error): string {
  if (name === "NotAllowedError")
    return "The browser may not use the camera. Allow it, or choose the ticket as a file.";
  if (name === "NotFoundError") return "There is no camera here. Choose the ticket as a file, or paste it.";
  return "The camera cannot be used at this moment. Choose the ticket as a file, or paste it.";
}
