/** Pages before the call, opened inside another application: the code typed there would not count in the browser. */

import { explainInApp } from "../call/help_view.js";

const find = (id) => document.getElementById(id);
find("outside").hidden = !explainInApp({ title: find("outside-title"), detail: find("outside-detail"), more: find("outside-help") });
