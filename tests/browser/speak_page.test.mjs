// The page of speakers in Chromium, against a server that says what each test wants.

import "./speak/begin.mjs";
import "./speak/microphone.mjs";
import "./speak/file.mjs";
import "./speak/level.mjs";
import "./speak/loss.mjs";
import "./speak/status.mjs";
import "./speak/reload.mjs";
import "./speak/layout.mjs";
import "./speak/parts.mjs";
