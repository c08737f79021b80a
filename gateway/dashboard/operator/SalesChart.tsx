import { useId } from "react";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { useReading } from "../press/useReading.ts";
import { type SalePoint, SalesOverTime } from "./OperatorDocuments.ts";
import { saleLine } from "./saleLine.ts";

const [WIDTH, HEIGHT] = [640, 220];

/** How the sale went over time, as a line and as a table. */
export function SalesChart({ edition }: { readonly edition: EditionFacts }) {
  const { data, problem } = useReading(SalesOverTime, { slug: edition.slug }, "events");
  const points = data?.salesOverTime.nodes ?? [];
  const id = useId();
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>The sale</h2>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {data !== undefined && points.length === 0 ? <p className="empty">Nothing has been taken yet.</p> : null}
      {points.length > 0 ? <Chart points={points} cap={edition.cap} /> : null}
    </section>
  );
}

function Chart({ points, cap }: { readonly points: readonly SalePoint[]; readonly cap: number }) {
  const { path, end } = saleLine(points, cap, WIDTH, HEIGHT);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  return (
    <>
      <figure className="chart">
        <svg
          viewBox={`-2 -22 ${WIDTH + 10} ${HEIGHT + 30}`}
          role="img"
          aria-label={`${last.issuedCount} of ${cap} tickets taken; the table below says when.`}
        >
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <line key={share} className="chart-rule" x1={0} x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} />
          ))}
          <text className="chart-label" x={0} y={-6}>
            {cap}
          </text>
          <path className="chart-area" d={`${path}V${HEIGHT}z`} />
          <path className="chart-line" d={path} />
          <circle className="chart-end" cx={end.x} cy={end.y} r={5} />
        </svg>
        <figcaption>
          <span>
            <Time at={first.issuedAt} />
          </span>
          <span>
            {last.issuedCount} of {cap}, the last on <Time at={last.issuedAt} />
          </span>
        </figcaption>
      </figure>
      <details>
        <summary>The same as a table</summary>
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Taken</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              {points.map(({ issuedAt, issuedCount }) => (
                <tr key={issuedCount}>
                  <td>{issuedCount}</td>
                  <td>
                    <Time at={issuedAt} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
