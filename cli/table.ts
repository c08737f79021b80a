/** A column of a table: its name, and whether its values are numbers, which stand to the right. */
export interface Column {
  readonly name: string;
  readonly isNumeric?: boolean;
}

/** Lays out rows of text under their column names, as psql does. Null is an empty cell; a line break inside a cell shows as ↵. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly (string | null)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell ?? "").replaceAll("\n", "↵")));
  const widths = columns.map(({ name }, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[], alignNumbers: boolean) =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return alignNumbers && columns[index]?.isNumeric ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(" │ ")
      .trimEnd();
  const names = columns.map((column) => column.name);
  const rule = widths.map((width) => "─".repeat(width)).join("─┼─");
  return [line(names, false), rule, ...cells.map((row) => line(row, true))].join("\n");
}
