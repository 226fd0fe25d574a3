// The pages of listeners in Chromium, against a server that says what each test wants.

import "./listen/captions.mjs";
import "./listen/following.mjs";
import "./listen/connection.mjs";
import "./listen/language.mjs";
import "./listen/bar.mjs";
import "./listen/sound.mjs";
import "./listen/stillness.mjs";
import "./listen/layout.mjs";
import "./listen/start.mjs";
