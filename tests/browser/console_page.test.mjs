// The operator's console in Chromium, against a server that says what each test wants.

import "./console/door.mjs";
import "./console/figures.mjs";
import "./console/phases.mjs";
import "./console/changes.mjs";
import "./console/talks.mjs";
import "./console/time.mjs";
import "./console/layout.mjs";
