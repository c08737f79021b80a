import { useMemo } from "react";
import { qrShape } from "./envelopeQr.ts";

/** The signed envelope as a QR code: whoever scans it has the ticket to the byte. */
export function EnvelopeQr({ envelope, label }: { readonly envelope: string; readonly label: string }) {
  const shape = useMemo(() => qrShape(envelope), [envelope]);
  if (shape === null) return <p className="qr-none">Too long for a QR code: download it instead.</p>;
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${shape.size} ${shape.size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect className="qr-paper" width={shape.size} height={shape.size} />
      <path className="qr-ink" d={shape.path} />
    </svg>
  );
}
