// A page whose modules did not come, or that this browser cannot read, would show old figures for ever: it is loaded anew.
// A classic script that old browsers read too; the modules say that they run by setting data-alive.
"use strict";
setTimeout(function () {
  if (!document.body.hasAttribute("data-alive")) location.reload();
}, 45000);
