// A button that shows and hides a panel.

/**
 * Makes `button` open and close `panel` (data-open says which, for the style). Escape closes it and
 * returns to the button; so do a touch and a step of the keyboard outside, without returning.
 */
export function disclosure(button: HTMLButtonElement, panel: HTMLElement): void {
  const isOpen = (): boolean => button.getAttribute("aria-expanded") === "true";
  const set = (open: boolean): void => {
    button.setAttribute("aria-expanded", String(open));
    panel.toggleAttribute("data-open", open);
  };
  const isOutside = (target: EventTarget | null): boolean =>
    target instanceof Node && !panel.contains(target) && !button.contains(target);

  set(false);
  button.setAttribute("aria-controls", panel.id);
  button.addEventListener("click", () => set(!isOpen()));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    set(false);
    button.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (isOpen() && isOutside(event.target)) set(false);
  });
  panel.addEventListener("focusout", (event) => {
    if (isOutside(event.relatedTarget)) set(false);
  });
}
