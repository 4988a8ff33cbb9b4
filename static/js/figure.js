// A figure's own page: how it came about, drawn. The table beside it says the same.
import { Charts } from "./charts.js";

const root = document.querySelector("[data-plotly]");
const { zone, language, plotly } = root.dataset;
const { figure, series } = JSON.parse(document.getElementById("over-time").textContent);
const charts = new Charts(plotly, { zone, language });
charts.draw("figure", root, { figure }, series);
// A page that the back button brings again must show what it is of, not what was chosen before it was left.
addEventListener("pageshow", () => document.querySelector(".filter-bar").reset());
document.addEventListener("theme-changed", () => charts.repaint());
