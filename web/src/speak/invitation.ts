// How listeners come in: the code, large; the link, to copy; a QR code.

import { byId, make, setText } from "../common/dom";
import { qrCode } from "./qr_code";
import type { SpeakStrings } from "./strings";
import { fill } from "../common/strings";

/** How long "Copied" stays, in milliseconds. */
const kCopiedFor = 2_000;

export class Invitation {
  private readonly code = byId("code", HTMLElement);
  private readonly link = byId("link", HTMLAnchorElement);
  private readonly copyText = byId("copy-text", HTMLElement);
  private readonly answer = byId("copy-answer", HTMLElement);
  private timer: number | undefined;

  constructor(private readonly strings: SpeakStrings) {
    byId("copy", HTMLButtonElement).addEventListener("click", () => void this.copyLink());
  }

  show(id: string): void {
    const { strings, link } = this;
    link.href = `/listen/${encodeURIComponent(id)}`;
    setText(link, link.href.replace(/^https?:\/\//, ""));
    this.code.replaceChildren(...breakable(id));
    setText(byId("invite", HTMLElement), fill(strings.invite, location.host));
    byId("qr", HTMLElement).replaceChildren(qrCode(link.href, strings.qr));
    byId("local-only", HTMLElement).hidden = !isLocal(location.hostname);
  }

  private async copyLink(): Promise<void> {
    clearTimeout(this.timer);
    try {
      await navigator.clipboard.writeText(this.link.href);
      setText(this.copyText, this.strings.copied);
      this.timer = setTimeout(() => setText(this.copyText, this.strings.copy), kCopiedFor);
    } catch {
      getSelection()?.selectAllChildren(this.link);
      setText(this.answer, this.strings.copyFailed);
    }
  }
}

/** The code's words, which may stand on lines of their own. */
function breakable(id: string): Node[] {
  return id.split(/(?<=-)/).flatMap((word, i) => [...(i > 0 ? [make("wbr")] : []), document.createTextNode(word)]);
}

function isLocal(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
