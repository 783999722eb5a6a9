// What the pages gain with script. Without it every page is complete; nothing here is needed to read or to act.
import { keys } from "./keys.js";
import { line } from "./line.js";
import { matrix } from "./matrix.js";
import { player } from "./player.js";
import { proof } from "./proof.js";
import { upload } from "./upload.js";

document.querySelectorAll("[data-here-origin]").forEach((place) => (place.textContent = location.origin));
keys(document);
document.querySelectorAll("[data-line]").forEach(line);
document.querySelectorAll("[data-matrix]").forEach(matrix);
document.querySelectorAll("[data-player]").forEach(player);
document.querySelectorAll("[data-proof]").forEach(proof);
document.querySelectorAll("[data-upload]").forEach(upload);
