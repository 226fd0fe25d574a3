// Keeps the screen on while a talk is live: a phone that sleeps stops recording.

export class WakeLock {
  private wanted = false;
  private lock: WakeLockSentinel | undefined;

  constructor() {
    // The browser takes it away from a page that is hidden.
    document.addEventListener("visibilitychange", () => void this.apply());
  }

  keep(on: boolean): void {
    this.wanted = on;
    void this.apply();
  }

  private async apply(): Promise<void> {
    try {
      if (!this.wanted) await this.lock?.release();
      else if (document.visibilityState === "visible" && "wakeLock" in navigator) {
        if (this.lock === undefined || this.lock.released) this.lock = await navigator.wakeLock.request("screen");
      }
    } catch {
      // An empty battery is a reason to refuse; the talk goes on.
    }
  }
}
