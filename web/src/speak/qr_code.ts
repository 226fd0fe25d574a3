// A QR code as a drawing: black on white in either theme, or cameras do not read it.

import qrcode from "qrcode-generator";

const kSvg = "http://www.w3.org/2000/svg";
/** The white around it that readers need (ISO/IEC 18004), in modules. */
const kQuietZone = 4;

/** @param name what screen readers say of it */
export function qrCode(text: string, name: string): SVGSVGElement {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const modules = code.getModuleCount();
  const size = modules + 2 * kQuietZone;
  const drawing = document.createElementNS(kSvg, "svg");
  drawing.setAttribute("viewBox", `0 0 ${size} ${size}`);
  drawing.setAttribute("shape-rendering", "crispEdges");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", name);
  const ground = document.createElementNS(kSvg, "rect");
  ground.setAttribute("width", String(size));
  ground.setAttribute("height", String(size));
  ground.setAttribute("fill", "#fff");
  const dark = document.createElementNS(kSvg, "path");
  dark.setAttribute("fill", "#000");
  dark.setAttribute("d", path(modules, (row, column) => code.isDark(row, column)));
  drawing.append(ground, dark);
  return drawing;
}

/** One stroke for each run of dark modules in a row. */
function path(modules: number, isDark: (row: number, column: number) => boolean): string {
  let strokes = "";
  for (let row = 0; row < modules; ++row) {
    for (let column = 0; column < modules; ++column) {
      const begin = column;
      while (column < modules && isDark(row, column)) ++column;
      const length = column - begin;
      if (length > 0) strokes += `M${begin + kQuietZone} ${row + kQuietZone}h${length}v1h-${length}z`;
    }
  }
  return strokes;
}
