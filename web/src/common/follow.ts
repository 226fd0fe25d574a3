// Keeps the newest words in view, until the reader scrolls back to read.

/** How near the end still counts as there, in pixels: about a line. */
const kNear = 48;

export class Follower {
  private following = true;
  private lastTop = 0;
  private frame = 0;

  /** @param onChange hears whether the newest words are followed, whenever that changes */
  constructor(
    private readonly box: HTMLElement,
    private readonly onChange: (following: boolean) => void,
  ) {
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.grown()).observe(box);
  }

  /** Call when there are new words. Costs one layout a frame at most. */
  grown(): void {
    if (!this.following || this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.following) this.toEnd();
    });
  }

  backToLive(): void {
    this.set(true);
    this.toEnd();
  }

  /**
   * Makes a change of the layout that the reader asked for, such as larger text: what stood at the
   * top of the view stands there again. Follows on when the newest words are followed.
   */
  keepPlace(change: () => void): void {
    const top = (element: Element): number =>
      element.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
    const atTop = this.following ? undefined
      : [...this.box.querySelectorAll("[data-segment]")].find((element) =>
          element.getBoundingClientRect().bottom > this.box.getBoundingClientRect().top);
    const before = atTop === undefined ? 0 : top(atTop);
    change();
    if (atTop === undefined) return this.grown();
    this.box.scrollTop += top(atTop) - before;
    this.lastTop = this.box.scrollTop;
  }

  private toEnd(): void {
    this.box.scrollTop = this.box.scrollHeight;
    this.lastTop = this.box.scrollTop;
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const wentBack = scrollTop < this.lastTop - 1;
    this.lastTop = scrollTop;
    // Growing text leaves the place as it is; only a reader goes back.
    if (scrollHeight - clientHeight - scrollTop <= kNear) this.set(true);
    else if (wentBack) this.set(false);
  }

  private set(following: boolean): void {
    if (this.following === following) return;
    this.following = following;
    this.onChange(following);
  }
}
