// Light, dark, or as the system wishes: kept for every page, and applied as soon as this is loaded.

import { nameButton, showIcon } from "./icons";
import { keep, recall } from "./storage";
import { inLanguage, kCommon } from "./strings";
import type { CommonStrings } from "./strings";

type Theme = "system" | "light" | "dark";

const kStorageKey = "sotto.theme";
const kNext: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const kNames: Readonly<Record<Theme, keyof CommonStrings>> = {
  system: "themeSystem", light: "themeLight", dark: "themeDark",
};

function remembered(): Theme {
  const theme = recall(kStorageKey);
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** style.css has the colours; without data-theme they are the system's choice. */
function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

apply(remembered());

/**
 * Makes `button` go through system, light and dark. Its icon and its name say which it is, the name
 * in the language of the document, also when that changes.
 */
export function themeSwitch(button: HTMLButtonElement): void {
  let theme = remembered();
  const name = (): void => {
    nameButton(button, inLanguage(kCommon, [document.documentElement.lang]).strings[kNames[theme]]);
  };
  const show = (): void => {
    apply(theme);
    showIcon(button, theme);
    name();
  };
  button.addEventListener("click", () => {
    theme = kNext[theme];
    keep(kStorageKey, theme);
    show();
  });
  // Another tab of this server changed it.
  addEventListener("storage", (event) => {
    if (event.key !== kStorageKey && event.key !== null) return;
    theme = remembered();
    show();
  });
  new MutationObserver(name).observe(document.documentElement, { attributeFilter: ["lang"] });
  show();
}
