import { useEffect, useState } from "react";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const PLACE = "golden-press/theme";

/** Light, dark, or as the system has it; remembered on this device. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const choose = (chosen: Theme) => {
    setTheme(chosen);
    try {
      localStorage.setItem(PLACE, chosen);
    } catch {
      // A browser that stores nothing forgets the choice, and nothing else is lost.
    }
  };
  return (
    <fieldset className="theme">
      <legend className="visually-hidden">Colours</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={theme === name} onChange={() => choose(name)} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}

function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(PLACE);
    return THEMES.find((name) => name === stored) ?? "auto";
  } catch {
    return "auto";
  }
}
